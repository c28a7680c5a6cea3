# Video co-localization (paper, section 4.5).
# Reads: the frames of the dataset of each target in `colocalization.targets`, its model, its
# motion masks and ground-truth boxes.
# Leaves: data/<dataset>/annotations.csv, the ground truth; below colocalization/, in
# <experiment>/seed<k>/<stage>/, videos/<video>.parquet (boxes and segmentations) with the list of
# shots that were skipped, boxes.csv, boxes.json (COCO), corloc.csv and, of the first seed,
# <class>.jpg; in motion/<dataset>/, boxes.csv and corloc.csv of the motion masks;
# tables/table4.{csv,md,tex}.

COLOCALIZED = [
    (*parse_target(target), seed)
    for target in settings["colocalization"]["targets"]
    for seed in settings["experiments"][parse_target(target)[0]]["seeds"]
]
SCORED = sorted(
    {settings["experiments"][name]["dataset"] for name, _, _ in COLOCALIZED}
)
LOCALIZING = {
    key: value
    for key, value in settings["colocalization"].items()
    # Neither another row of the table nor another way to score localizes anything anew.
    if key not in ("targets", "frames", "rule")
}
LOCALIZED = f"{RESULTS}/colocalization/{{experiment}}/seed{{seed}}/{{stage}}"


rule annotations:
    input:
        world=rendered,
        shots=SHOTS,
    output:
        annotations=f"{RESULTS}/data/{{dataset}}/annotations.csv",
        skipped=f"{RESULTS}/data/{{dataset}}/skipped_annotations.csv",
    log:
        f"{RESULTS}/logs/annotations/{{dataset}}.log",
    conda:
        "../envs/mcnn.yaml"
    params:
        code=code("annotations.py"),
        dataset=lookup("datasets/{dataset}", within=settings),
        on_error=lookup("on_error", within=settings),
    script:
        "../workflow_scripts/annotations.py"


rule localize:
    input:
        model=MODEL,
        shots=shots_of_experiment,
        annotations=frames_to_localize,
    output:
        localized=f"{LOCALIZED}/videos/{{video}}.parquet",
        skipped=f"{LOCALIZED}/videos/{{video}}_skipped.csv",
    log:
        f"{RESULTS}/logs/localize/{{experiment}}/seed{{seed}}/{{stage}}/{{video}}.log",
    conda:
        "../envs/mcnn.yaml"
    threads: settings["threads"]
    resources:
        gpu=0 if settings["device"] == "cpu" else 1,
        mem_mb=2000,
        runtime="12h",
    params:
        code=code("localize.py"),
        colocalization=LOCALIZING,
        on_error=lookup("on_error", within=settings),
    script:
        "../workflow_scripts/localize.py"


rule score_videos:
    input:
        localized=localized_videos,
        annotations=annotations_of_experiment,
    output:
        boxes=f"{LOCALIZED}/boxes.csv",
        coco=f"{LOCALIZED}/boxes.json",
        corloc=f"{LOCALIZED}/corloc.csv",
    log:
        f"{RESULTS}/logs/score_videos/{{experiment}}/seed{{seed}}/{{stage}}.log",
    localrule: True
    conda:
        "../envs/mcnn.yaml"
    params:
        code=code("score_videos.py"),
        classes=lookup("classes", within=settings),
        rule=lookup("colocalization/rule", within=settings),
    script:
        "../workflow_scripts/score_videos.py"


rule score_motion:
    input:
        masks=masks_of_dataset,
        annotations=rules.annotations.output.annotations,
    output:
        boxes=f"{RESULTS}/colocalization/motion/{{dataset}}/boxes.csv",
        corloc=f"{RESULTS}/colocalization/motion/{{dataset}}/corloc.csv",
    log:
        f"{RESULTS}/logs/score_motion/{{dataset}}.log",
    conda:
        "../envs/mcnn.yaml"
    params:
        code=code("score_motion.py"),
        classes=lookup("classes", within=settings),
        rule=lookup("colocalization/rule", within=settings),
    script:
        "../workflow_scripts/score_motion.py"


rule localization_sheets:
    input:
        localized=localized_videos,
        annotations=annotations_of_experiment,
        shots=shots_of_experiment,
        masks=masks_of_experiment,
    output:
        expand(
            f"{LOCALIZED}/{{name}}.jpg", name=settings["classes"], allow_missing=True
        ),
    log:
        f"{RESULTS}/logs/localization_sheets/{{experiment}}/seed{{seed}}/{{stage}}.log",
    localrule: True
    conda:
        "../envs/mcnn.yaml"
    params:
        code=code("localization_sheets.py"),
        classes=lookup("classes", within=settings),
    script:
        "../workflow_scripts/localization_sheets.py"


SHEETS = [
    path
    for name, stage, seed in COLOCALIZED
    if seed == settings["experiments"][name]["seeds"][0]
    for path in expand(
        rules.localization_sheets.output, experiment=name, stage=stage, seed=seed
    )
]


rule table4:
    input:
        motion=expand(rules.score_motion.output.corloc, dataset=SCORED),
        networks=files_of(rules.score_videos.output.corloc, COLOCALIZED),
    output:
        multiext(f"{RESULTS}/tables/table4", ".csv", ".md", ".tex"),
    log:
        f"{RESULTS}/logs/paper_tables/table4.log",
    localrule: True
    conda:
        "../envs/mcnn.yaml"
    params:
        code=code("table4.py"),
        datasets=SCORED,
        runs=COLOCALIZED,
        experiments=lookup("experiments", within=settings),
    script:
        "../workflow_scripts/table4.py"

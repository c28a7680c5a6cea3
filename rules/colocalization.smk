# Video co-localization (paper, section 4.5).
# Reads: the model of each target in `colocalization.targets`, and of the dataset it is run on the
# frames, the motion masks and the ground-truth boxes.
# Leaves: data/<dataset>/annotations.csv, the ground truth; below colocalization/, in
# <experiment>/seed<k>/<stage>/<dataset>/, videos/<video>.parquet (boxes and segmentations) with the
# list of shots that were skipped, boxes.csv, boxes.json (COCO), corloc.csv and, of the first seed,
# <class>.jpg; in superpixels/<dataset>/, <video>.parquet, of the frames that are localized; in
# motion/<dataset>/, boxes.csv and corloc.csv of the motion masks; tables/table4.{csv,md,tex}.

LOCALIZING = {
    key: value
    for key, value in config["colocalization"].items()
    # Neither another row of the table nor another way to score localizes anything anew.
    if key not in ("targets", "frames", "rule")
}

SUPERPIXELS = {
    key: config["colocalization"][key]
    for key in ("frames", "longer_side", "superpixels", "videos_per_job")
}


rule annotations:
    input:
        world=rendered,
        shots=paths.shots,
    output:
        annotations=paths.annotations,
        skipped=paths.skipped_annotations,
    log:
        f"{paths.logs}/annotations/{{dataset}}.log",
    benchmark:
        f"{paths.benchmarks}/annotations/{{dataset}}.tsv"
    conda:
        "../envs/mcnn.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        code=code("annotations.py"),
        ground_truth=lookup("datasets/{dataset}/ground_truth", within=config),
        root=lookup("datasets/{dataset}/root", within=config),
    message:
        "{wildcards.dataset}: read the ground truth"
    script:
        "../workflow_scripts/annotations.py"


rule superpixels:
    input:
        # A new video changes the manifest, but not what it says of the others: `shots` below.
        shots=ancient(paths.shots),
        videos=own_videos_of_job,
        annotations=annotated_frames,
    output:
        superpixels=paths.superpixels,
    log:
        f"{paths.logs}/superpixels/{{dataset}}/{{video}}.log",
    benchmark:
        f"{paths.benchmarks}/superpixels/{{dataset}}/{{video}}.tsv"
    conda:
        "../envs/mcnn.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        code=code("superpixels.py"),
        shots=shots_of_job,
        colocalization=SUPERPIXELS,
    message:
        "{wildcards.dataset}: divide frames into superpixels, from the video {wildcards.video} on"
    script:
        "../workflow_scripts/superpixels.py"


rule localize:
    input:
        model=paths.model,
        shots=paths.shots,
        annotations=annotated_frames,
        superpixels=paths.superpixels,
    output:
        localized=paths.localized,
        skipped=paths.skipped_localized,
    log:
        f"{paths.logs}/localize/{{experiment}}/seed{{seed}}/{{stage}}/{{dataset}}/{{video}}.log",
    benchmark:
        f"{paths.benchmarks}/localize/{{experiment}}/seed{{seed}}/{{stage}}/{{dataset}}/{{video}}.tsv"
    conda:
        "../envs/mcnn.yaml"
    threads: settings.threads
    resources:
        gpu=0 if settings.device == "cpu" else 1,
        mem_mb=growing(2000 if settings.device == "cpu" else 8000),
        runtime=growing(720),
    params:
        code=code("localize.py"),
        colocalization=LOCALIZING,
    message:
        "{wildcards.experiment}/{wildcards.stage}, seed {wildcards.seed}: localize the objects of "
        "{wildcards.dataset}, from the video {wildcards.video} on"
    script:
        "../workflow_scripts/localize.py"


rule score_videos:
    input:
        localized=localized_videos,
        annotations=paths.annotations,
    output:
        boxes=paths.boxes,
        coco=paths.coco,
        corloc=paths.corloc,
    log:
        f"{paths.logs}/score_videos/{{experiment}}/seed{{seed}}/{{stage}}/{{dataset}}.log",
    benchmark:
        f"{paths.benchmarks}/score_videos/{{experiment}}/seed{{seed}}/{{stage}}/{{dataset}}.tsv"
    localrule: True
    conda:
        "../envs/mcnn.yaml"
    params:
        code=code("score_videos.py"),
        classes=lookup("classes", within=config),
        rule=lookup("colocalization/rule", within=config),
    message:
        "{wildcards.experiment}/{wildcards.stage}, seed {wildcards.seed}: score the boxes"
    script:
        "../workflow_scripts/score_videos.py"


rule score_motion:
    input:
        masks=masks_of_dataset,
        annotations=paths.annotations,
    output:
        boxes=paths.motion_boxes,
        corloc=paths.motion_corloc,
    log:
        f"{paths.logs}/score_motion/{{dataset}}.log",
    benchmark:
        f"{paths.benchmarks}/score_motion/{{dataset}}.tsv"
    conda:
        "../envs/mcnn.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        code=code("score_motion.py"),
        classes=lookup("classes", within=config),
        rule=lookup("colocalization/rule", within=config),
    message:
        "{wildcards.dataset}: score the boxes of the motion masks"
    script:
        "../workflow_scripts/score_motion.py"


rule localization_sheets:
    input:
        localized=localized_videos,
        annotations=paths.annotations,
        shots=paths.shots,
        masks=masks_of_dataset,
    output:
        report(
            expand(paths.sheet, name=settings.classes, allow_missing=True),
            category="Co-localization",
            subcategory="{experiment}/{stage} on {dataset}",
            caption="captions/colocalization.rst",
        ),
    log:
        f"{paths.logs}/localization_sheets/{{experiment}}/seed{{seed}}/{{stage}}/{{dataset}}.log",
    benchmark:
        f"{paths.benchmarks}/localization_sheets/{{experiment}}/seed{{seed}}/{{stage}}/{{dataset}}.tsv"
    localrule: True
    conda:
        "../envs/mcnn.yaml"
    params:
        code=code("localization_sheets.py"),
        classes=lookup("classes", within=config),
    message:
        "{wildcards.experiment}/{wildcards.stage}, seed {wildcards.seed}: draw the localizations"
    script:
        "../workflow_scripts/localization_sheets.py"


rule table4:
    input:
        motion=expand(paths.motion_corloc, dataset=graph.localized_datasets()),
        networks=of_localizations(paths.corloc, graph.localizations()),
        shots=expand(paths.shots, dataset=graph.localized_datasets()),
        published=published("table4"),
    output:
        report(
            paths.table.format(table="table4"),
            category="Tables",
            labels={"table": "table4"},
            caption="captions/tables.rst",
        ),
        multiext(f"{paths.root}/tables/table4", ".md", ".tex"),
    log:
        f"{paths.logs}/paper_tables/table4.log",
    benchmark:
        f"{paths.benchmarks}/table4/table4.tsv"
    localrule: True
    conda:
        "../envs/mcnn.yaml"
    params:
        code=code("table4.py"),
        datasets=graph.localized_datasets(),
        runs=graph.localizations(),
        scored_on=graph.scored_on(),
        papers_videos=shown.videos_of_the_paper(settings),
    message:
        "write table 4"
    script:
        "../workflow_scripts/table4.py"

# Tables of the run.
# Reads: the evaluations of `targets` over all seeds, and what was pruned and skipped on the way.
# Leaves: tables/segmentation.csv with the paper's number beside ours, table{1,2,3}.{csv,md,tex}
# with all rows of the paper's tables that a target reproduces, tables/shots.csv,
# tables/skipped.csv, and the checked configuration as config.yaml.

TARGETS = [
    dict(zip(("experiment", "stage"), parse_target(name)))
    for name in settings["targets"]
]
DATASETS = sorted(
    {settings["experiments"][target["experiment"]]["dataset"] for target in TARGETS}
    - {None}
)
PUBLISHED = sorted(
    {
        source["table"]
        for target in TARGETS
        for stage, source in settings["experiments"][target["experiment"]][
            "published"
        ].items()
        if stage == target["stage"]
    }
)
IMAGES = sorted(
    set(settings["evaluation"]["sets"])
    | {settings["stages"][t["experiment"]][t["stage"]]["images"] for t in TARGETS}
    - {None}
)


rule segmentation_table:
    input:
        [
            path
            for target in TARGETS
            for path in expand(
                rules.evaluate.output.iou, seed=settings["seeds"], **target
            )
        ],
    output:
        table=f"{RESULTS}/tables/segmentation.csv",
    log:
        f"{RESULTS}/logs/segmentation_table.log",
    localrule: True
    conda:
        "../envs/mcnn.yaml"
    params:
        code=code("segmentation_table.py"),
        targets=lookup("targets", within=settings),
        seeds=lookup("seeds", within=settings),
        experiments=lookup("experiments", within=settings),
    script:
        "../workflow_scripts/segmentation_table.py"


rule paper_tables:
    input:
        results=rules.segmentation_table.output.table,
    output:
        multiext(f"{RESULTS}/tables/{{table,table[1-3]}}", ".csv", ".md", ".tex"),
    log:
        f"{RESULTS}/logs/paper_tables/{{table}}.log",
    localrule: True
    conda:
        "../envs/mcnn.yaml"
    params:
        code=code("paper_tables.py"),
        targets=lookup("targets", within=settings),
        experiments=lookup("experiments", within=settings),
    script:
        "../workflow_scripts/paper_tables.py"


rule shots_table:
    input:
        shots=expand(rules.manifest.output.shots, dataset=DATASETS),
        pruned=expand(rules.prune_shots.output.pruned, dataset=DATASETS),
        skipped=expand(rules.manifest.output.skipped, dataset=DATASETS),
        skipped_samples=expand(rules.sample_frames.output.skipped, dataset=DATASETS),
        skipped_images=expand(rules.image_set.output.skipped, images=IMAGES),
    output:
        shots=f"{RESULTS}/tables/shots.csv",
        skipped=f"{RESULTS}/tables/skipped.csv",
    log:
        f"{RESULTS}/logs/shots_table.log",
    localrule: True
    conda:
        "../envs/mcnn.yaml"
    params:
        code=code("shots_table.py"),
        datasets=DATASETS,
    script:
        "../workflow_scripts/shots_table.py"


rule checked_config:
    output:
        config=f"{RESULTS}/config.yaml",
    log:
        f"{RESULTS}/logs/checked_config.log",
    localrule: True
    conda:
        "../envs/mcnn.yaml"
    params:
        code=code("checked_config.py"),
        settings=settings,
    script:
        "../workflow_scripts/checked_config.py"

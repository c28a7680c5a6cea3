# Tables of the run.
# Reads: the evaluations of `targets` over all seeds, the records of the trainings behind them, and
# what was pruned and skipped on the way.
# Leaves: tables/segmentation.csv with the paper's number beside ours, <table>.{csv,md,tex} with
# all rows of each of the paper's tables that a target reproduces: table1 to table3, sensitivity,
# image_labels; tables/shots.csv, tables/skipped.csv, and the checked configuration as config.yaml.

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
        row["table"]
        for t in TARGETS
        for row in settings["experiments"][t["experiment"]]["published"].get(
            t["stage"], []
        )
    }
)
IMAGES = sorted(
    {name for t in TARGETS for name in settings["evaluated_on"][t["experiment"]]}
    | {settings["stages"][t["experiment"]][t["stage"]]["images"] for t in TARGETS}
    - {None}
)
# Experiment, stage and seed of each evaluation.
RUNS = [
    {**target, "seed": seed}
    for target in TARGETS
    for seed in settings["experiments"][target["experiment"]]["seeds"]
]


rule segmentation_table:
    input:
        ious=[expand(rules.evaluate.output.iou, **run)[0] for run in RUNS],
        records=[record for run in RUNS for record in run_records(**run)],
    output:
        table=f"{RESULTS}/tables/segmentation.csv",
    log:
        f"{RESULTS}/logs/segmentation_table.log",
    localrule: True
    conda:
        "../envs/mcnn.yaml"
    params:
        code=code("segmentation_table.py"),
        runs=RUNS,
        models=MODELS,
        targets=lookup("targets", within=settings),
        experiments=lookup("experiments", within=settings),
    script:
        "../workflow_scripts/segmentation_table.py"


rule paper_tables:
    input:
        results=rules.segmentation_table.output.table,
    output:
        multiext(f"{RESULTS}/tables/{{table}}", ".csv", ".md", ".tex"),
    log:
        f"{RESULTS}/logs/paper_tables/{{table}}.log",
    wildcard_constraints:
        table=one_of(PUBLISHED),
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

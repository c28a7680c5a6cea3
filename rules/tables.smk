# Tables of the run.
# Reads: the evaluations of `targets` over all seeds, the records of the trainings behind them, and
# what was pruned and skipped on the way.
# Leaves: tables/segmentation.csv with the paper's number beside ours, <table>.{csv,md,tex} with
# all rows of each of the paper's tables that a target reproduces: table1 to table3, sensitivity,
# image_labels, each made of what it shows alone; tables/shots.csv, tables/skipped.csv, and the
# checked configuration as config.yaml.

TARGETS = [parse_target(name) for name in settings["targets"]]
DATASETS = sorted(
    {settings["stages"][name][stage]["dataset"] for name, stage in TARGETS} - {None}
)
IMAGES = sorted(
    {images for name, _ in TARGETS for images in settings["evaluated_on"][name]}
    | {settings["stages"][name][stage]["images"] for name, stage in TARGETS} - {None}
)
# By table: the evaluations that it shows, and the trainings behind them.
TABLES = {
    (name, stage): {"segmentation"}.union(
        row["table"]
        for row in settings["experiments"][name]["published"].get(stage, [])
    )
    for name, stage in TARGETS
}
EVALUATIONS = {
    table: [
        (name, stage, seed)
        for name, stage in TARGETS
        if table in TABLES[name, stage]
        for seed in settings["experiments"][name]["seeds"]
    ]
    for table in sorted(set().union(*TABLES.values()))
}
TRAININGS = {
    table: sorted({training for run in runs for training in training_chain(*run)})
    for table, runs in EVALUATIONS.items()
}


rule segmentation_table:
    input:
        ious=files_of(rules.evaluate.output.iou, EVALUATIONS["segmentation"]),
        records=files_of(rules.train_initial.output.run, TRAININGS["segmentation"]),
    output:
        table=f"{RESULTS}/tables/segmentation.csv",
    log:
        f"{RESULTS}/logs/segmentation_table.log",
    localrule: True
    conda:
        "../envs/mcnn.yaml"
    params:
        code=code("segmentation_table.py"),
        evaluations=lookup("segmentation", within=EVALUATIONS),
        trainings=lookup("segmentation", within=TRAININGS),
        targets=lookup("targets", within=settings),
        experiments=lookup("experiments", within=settings),
    script:
        "../workflow_scripts/segmentation_table.py"


rule paper_tables:
    input:
        ious=lambda w: files_of(rules.evaluate.output.iou, EVALUATIONS[w.table]),
        records=lambda w: files_of(rules.train_initial.output.run, TRAININGS[w.table]),
    output:
        multiext(f"{RESULTS}/tables/{{table}}", ".csv", ".md", ".tex"),
    log:
        f"{RESULTS}/logs/paper_tables/{{table}}.log",
    wildcard_constraints:
        table=one_of(EVALUATIONS.keys() - {"segmentation"}),
    localrule: True
    conda:
        "../envs/mcnn.yaml"
    params:
        code=code("paper_tables.py"),
        evaluations=lookup("{table}", within=EVALUATIONS),
        trainings=lookup("{table}", within=TRAININGS),
        targets=lookup("targets", within=settings),
        experiments=lookup("experiments", within=settings),
    script:
        "../workflow_scripts/paper_tables.py"


rule shots_table:
    input:
        shots=expand(rules.manifest.output.shots, dataset=DATASETS),
        pruned=expand(rules.prune_shots.output.pruned, dataset=DATASETS),
    output:
        shots=f"{RESULTS}/tables/shots.csv",
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


rule skipped_table:
    input:
        pruned=expand(rules.prune_shots.output.pruned, dataset=DATASETS),
        datasets=expand(rules.manifest.output.skipped, dataset=DATASETS),
        samples=expand(rules.sample_frames.output.skipped, dataset=DATASETS),
        annotations=expand(rules.annotations.output.skipped, dataset=SCORED),
        images=expand(rules.image_set.output.skipped, images=IMAGES),
        localized=skipped_shots,
    output:
        skipped=f"{RESULTS}/tables/skipped.csv",
    log:
        f"{RESULTS}/logs/skipped_table.log",
    localrule: True
    conda:
        "../envs/mcnn.yaml"
    params:
        code=code("skipped_table.py"),
    script:
        "../workflow_scripts/skipped_table.py"


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

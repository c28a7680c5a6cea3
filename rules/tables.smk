# Tables of the run.
# Reads: the evaluations of `targets` over all seeds, the records of the trainings behind them, the
# paper's tables, and what was pruned and skipped on the way.
# Leaves: tables/segmentation.csv; <table>.{csv,md,tex} of each of the paper's tables that a target
# reproduces a row of: table1 to table3, sensitivity, image_labels, each made of what it shows
# alone, with the published figures where the data are the paper's; tables/shots.csv,
# tables/skipped.csv, and the checked configuration as config.yaml.

TABLES = graph.tables()
EVALUATED = TABLES.get("segmentation", [])


rule segmentation_table:
    input:
        ious=ious_of(EVALUATED),
        records=files_of(paths.run, graph.behind(EVALUATED)),
        shots=expand(paths.shots, dataset=graph.trained_datasets()),
        published=published(*graph.quoted("segmentation")),
    output:
        table=report(
            paths.table.format(table="segmentation"),
            category="Tables",
            labels={"table": "segmentation"},
            caption="captions/tables.rst",
        ),
    log:
        f"{paths.logs}/segmentation_table.log",
    benchmark:
        f"{paths.benchmarks}/segmentation_table/job.tsv"
    localrule: True
    conda:
        "../envs/mcnn.yaml"
    params:
        code=code("segmentation_table.py"),
        evaluations=EVALUATED,
        trainings=graph.behind(EVALUATED),
        rows=graph.rows("segmentation"),
        splits=graph.splits(),
        datasets=graph.trained_datasets(),
        papers_images=shown.images_of_the_paper(settings),
        papers_videos=shown.videos_of_the_paper(settings),
    message:
        "write the table of segmentations"
    script:
        "../workflow_scripts/segmentation_table.py"


rule paper_tables:
    input:
        ious=lambda w: ious_of(TABLES[w.table]),
        records=lambda w: files_of(paths.run, graph.behind(TABLES[w.table])),
        shots=expand(paths.shots, dataset=graph.trained_datasets()),
        published=lambda w: published(w.table),
    output:
        report(
            paths.table,
            category="Tables",
            labels={"table": "{table}"},
            caption="captions/tables.rst",
        ),
        multiext(f"{paths.root}/tables/{{table}}", ".md", ".tex"),
    log:
        f"{paths.logs}/paper_tables/{{table}}.log",
    benchmark:
        f"{paths.benchmarks}/paper_tables/{{table}}.tsv"
    wildcard_constraints:
        table=one_of(TABLES.keys() - {"segmentation"}),
    localrule: True
    conda:
        "../envs/mcnn.yaml"
    params:
        code=code("paper_tables.py"),
        evaluations=lambda w: TABLES[w.table],
        trainings=lambda w: graph.behind(TABLES[w.table]),
        rows=lambda w: graph.rows(w.table),
        splits=graph.splits(),
        datasets=graph.trained_datasets(),
        papers_images=shown.images_of_the_paper(settings),
        papers_videos=shown.videos_of_the_paper(settings),
    message:
        "write the table {wildcards.table}"
    script:
        "../workflow_scripts/paper_tables.py"


rule shots_table:
    input:
        shots=expand(paths.shots, dataset=graph.trained_datasets()),
        pruned=expand(paths.pruned, dataset=graph.trained_datasets()),
    output:
        shots=report(
            paths.shots_table,
            category="Shots",
            labels={"table": "shots"},
            caption="captions/shots.rst",
        ),
    log:
        f"{paths.logs}/shots_table.log",
    benchmark:
        f"{paths.benchmarks}/shots_table/job.tsv"
    localrule: True
    conda:
        "../envs/mcnn.yaml"
    params:
        code=code("shots_table.py"),
        datasets=graph.trained_datasets(),
    message:
        "write the table of shots"
    script:
        "../workflow_scripts/shots_table.py"


rule skipped_table:
    input:
        pruned=expand(paths.pruned, dataset=graph.trained_datasets()),
        datasets=expand(paths.skipped_shots, dataset=graph.datasets()),
        samples=expand(paths.skipped_samples, dataset=graph.trained_datasets()),
        annotations=expand(
            paths.skipped_annotations, dataset=graph.localized_datasets()
        ),
        images=expand(paths.skipped_images, images=graph.image_sets()),
        localized=skipped_videos,
    output:
        skipped=report(
            paths.skipped_table,
            category="Shots",
            labels={"table": "skipped"},
            caption="captions/skipped.rst",
        ),
    log:
        f"{paths.logs}/skipped_table.log",
    benchmark:
        f"{paths.benchmarks}/skipped_table/job.tsv"
    localrule: True
    conda:
        "../envs/mcnn.yaml"
    params:
        code=code("skipped_table.py"),
    message:
        "write the table of what was skipped"
    script:
        "../workflow_scripts/skipped_table.py"


rule checked_config:
    output:
        config=paths.config,
    log:
        f"{paths.logs}/checked_config.log",
    benchmark:
        f"{paths.benchmarks}/checked_config/job.tsv"
    localrule: True
    conda:
        "../envs/mcnn.yaml"
    params:
        code=code("checked_config.py"),
        settings=shaping(config),
    message:
        "write the checked configuration"
    script:
        "../workflow_scripts/checked_config.py"

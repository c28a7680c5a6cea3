# The report of the run.
# Reads: all tables, pictures and records of the run.
# Leaves: report.html, one file that needs nothing else.

TRAININGS = [(*step, seed) for step, seeds in graph.needed().items() for seed in seeds]
REPORTED = [
    *graph.tables(),
    *(["table4"] if graph.localizations() else []),
    "shots",
    "skipped",
]


rule report:
    input:
        templates=[local(relpath(path)) for path in template_files()],
        config=paths.config,
        tables=expand(paths.table, table=REPORTED),
        shots=expand(paths.shots, dataset=graph.datasets()),
        pruned=expand(paths.pruned, dataset=graph.trained_datasets()),
        images=expand(paths.images, images=graph.image_sets()),
        records=files_of(paths.run, TRAININGS),
        histories=files_of(paths.history, TRAININGS),
        selected=[
            paths.selected.format(**each._asdict()) for each in shown.selections(graph)
        ],
        ious=ious_of(EVALUATED),
        confusions=confusions_of(EVALUATED),
        # Folders have no digest: they are compared by those of their files alone.
        examples=ancient(examples_of(paths.examples)),
        latent_labels=ancient(files_of(paths.latent_labels, shown.chains(graph))),
        predictions=ancient(files_of(paths.predictions, graph.pictured())),
        digests=[
            *examples_of(paths.examples_digests),
            *files_of(paths.latent_labels_digests, shown.chains(graph)),
            *files_of(paths.predictions_digests, graph.pictured()),
        ],
        sheets=sheets(),
    output:
        report=report(
            paths.report,
            category="Report",
            labels={"what": "all in one page"},
            caption="captions/report.rst",
        ),
    log:
        f"{paths.logs}/report.log",
    localrule: True
    conda:
        "../envs/mcnn.yaml"
    params:
        code=code("report.py"),
        tables=REPORTED,
        datasets=graph.datasets(),
        trained_datasets=graph.trained_datasets(),
        image_sets=graph.image_sets(),
        trainings=TRAININGS,
        selections=shown.selections(graph),
        evaluations=EVALUATED,
        illustrated=shown.illustrated(graph),
        chains=shown.chains(graph),
        drawn=graph.drawn(),
        classes=settings.classes,
        pictured=graph.pictured(),
        benchmarks=paths.benchmarks,
    message:
        "write the report"
    script:
        "../workflow_scripts/report.py"

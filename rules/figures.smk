# Pictures for the report, of the first seed.
# Reads: models, the images that they are evaluated on, the samples that they were trained on.
# Leaves: figures/segmentations/<experiment>/seed<k>/<stage>/<postprocessing>/ of each target, and
# figures/latent_labels/<experiment>/seed<k>/<stage>/ of each chain of trainings: small pictures
# and pictures.csv, which says what they show. On request, by its path,
# latent_labels/<experiment>/seed<k>/<stage>/: all sampled frames and their labels, for `mcnn export
# masks`.


rule segmentation_examples:
    input:
        model=paths.model,
        images=lambda w: evaluation_images(w)[0],
        image_iou=lambda w: (
            paths.image_iou_dense_crf
            if w.postprocessing == "dense_crf"
            else paths.image_iou
        ),
    output:
        pictures=report(
            directory(paths.examples),
            patterns=["{name}_{rank}.jpg"],
            category="Segmentations",
            subcategory="{experiment}/{stage}",
            labels={"class": "{name}", "rank": "{rank}"},
            caption="captions/segmentations.rst",
        ),
        digests=paths.examples_digests,
    log:
        f"{paths.logs}/segmentation_examples/{{experiment}}/seed{{seed}}/{{stage}}_{{postprocessing}}.log",
    benchmark:
        f"{paths.benchmarks}/segmentation_examples/{{experiment}}/seed{{seed}}/{{stage}}_{{postprocessing}}.tsv"
    wildcard_constraints:
        postprocessing="none|dense_crf",
    conda:
        "../envs/mcnn.yaml"
    threads: settings.threads
    resources:
        gpu=0 if settings.device == "cpu" else 1,
        mem_mb=growing(8000),
        runtime=growing(60),
    params:
        code=code("draw_examples.py"),
        image_set=lambda w: settings.sets_of_experiment(w.experiment)[0],
    message:
        "draw segmentations of {wildcards.experiment}, {wildcards.stage}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/draw_examples.py"


rule latent_labels:
    input:
        samples=samples,
        models=models_of_chain,
    output:
        pictures=report(
            directory(paths.latent_labels),
            patterns=["{name}_{frame}_{column}.jpg"],
            category="Latent labels",
            subcategory="{experiment}/{stage}",
            labels={"class": "{name}", "frame": "{frame}", "column": "{column}"},
            caption="captions/latent_labels.rst",
        ),
        digests=paths.latent_labels_digests,
    log:
        f"{paths.logs}/latent_labels/{{experiment}}/seed{{seed}}/{{stage}}.log",
    benchmark:
        f"{paths.benchmarks}/latent_labels/{{experiment}}/seed{{seed}}/{{stage}}.tsv"
    conda:
        "../envs/mcnn.yaml"
    threads: settings.threads
    resources:
        gpu=0 if settings.device == "cpu" else 1,
        mem_mb=growing(8000),
        runtime=growing(60),
    params:
        code=code("draw_latent_labels.py"),
        names=lambda w: ["/".join(step) for step in chain_of(w)],
        records=lambda w: [
            config["stages"][step.experiment][step.stage] for step in chain_of(w)
        ],
    message:
        "draw latent labels of {wildcards.experiment}, {wildcards.stage}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/draw_latent_labels.py"


rule export_latent_labels:
    input:
        samples=samples,
        shots=lambda w: paths.shots.format(dataset=inputs(w).dataset),
        model=paths.model,
    output:
        folder=directory(paths.exported_labels),
    log:
        f"{paths.logs}/export_latent_labels/{{experiment}}/seed{{seed}}/{{stage}}.log",
    benchmark:
        f"{paths.benchmarks}/export_latent_labels/{{experiment}}/seed{{seed}}/{{stage}}.tsv"
    wildcard_constraints:
        experiment=one_of(
            name for name, each in settings.experiments.items() if each.dataset
        ),
    conda:
        "../envs/mcnn.yaml"
    threads: settings.threads
    resources:
        gpu=0 if settings.device == "cpu" else 1,
        mem_mb=growing(8000),
        runtime=growing(60),
    params:
        code=code("export_latent_labels.py"),
        record=lambda w: config["stages"][w.experiment][w.stage],
        root=lambda w: settings.datasets[inputs(w).dataset].root,
    message:
        "{wildcards.experiment}/{wildcards.stage}, seed {wildcards.seed}: write all latent labels"
    script:
        "../workflow_scripts/export_latent_labels.py"

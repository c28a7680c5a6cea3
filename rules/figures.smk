# Pictures for the report, of the first seed.
# Reads: models, the images that they are evaluated on, the samples that they were trained on.
# Leaves: figures/segmentations/<experiment>/seed<k>/<stage>/<postprocessing>/ of each target, and
# figures/latent_labels/<experiment>/seed<k>/<stage>/ of each chain of trainings: small pictures
# and pictures.csv, which says what they show.


rule segmentation_examples:
    input:
        model=paths.model,
        images=lambda w: evaluation_images(w)[0],
    output:
        pictures=directory(paths.examples),
    log:
        f"{paths.logs}/segmentation_examples/{{experiment}}/seed{{seed}}/{{stage}}_{{postprocessing}}.log",
    wildcard_constraints:
        postprocessing="none|dense_crf",
    conda:
        "../envs/mcnn.yaml"
    threads: settings.threads
    resources:
        gpu=0 if settings.device == "cpu" else 1,
        mem_mb=8000,
    params:
        code=code("draw_examples.py"),
    script:
        "../workflow_scripts/draw_examples.py"


rule latent_labels:
    input:
        samples=samples,
        models=models_of_chain,
    output:
        pictures=directory(paths.latent_labels),
    log:
        f"{paths.logs}/latent_labels/{{experiment}}/seed{{seed}}/{{stage}}.log",
    conda:
        "../envs/mcnn.yaml"
    threads: settings.threads
    resources:
        gpu=0 if settings.device == "cpu" else 1,
        mem_mb=8000,
    params:
        code=code("draw_latent_labels.py"),
        names=lambda w: ["/".join(step) for step in chain_of(w)],
        records=lambda w: [
            config["stages"][step.experiment][step.stage] for step in chain_of(w)
        ],
    script:
        "../workflow_scripts/draw_latent_labels.py"

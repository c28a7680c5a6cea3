# The initial training (paper, sections 3.3 and 4.2): M-CNN*.
# Reads: the samples of the experiment's dataset, or its tagged images, and pretrained weights.
# Leaves: models/<experiment>/seed<k>/initial/, a folder with model.safetensors, history.csv
# and run.json. A checkpoint lies there until the whole run has ended well; a training that is stopped
# resumes from it, and one that ended unrecorded writes its outputs from it.


rule train_initial:
    input:
        samples=samples,
        images=tagged_images,
        pretrained=pretrained,
    output:
        model=paths.model,
        history=paths.history,
        run=paths.run,
    log:
        f"{paths.logs}/train/{{experiment}}/seed{{seed}}/{{stage}}.log",
    benchmark:
        f"{paths.benchmarks}/train/{{experiment}}/seed{{seed}}/{{stage}}.tsv"
    wildcard_constraints:
        stage="initial",
    # Before what nothing waits for, so that no core is idle at the end of a run.
    priority: 1
    conda:
        "../envs/mcnn.yaml"
    threads: settings.threads
    resources:
        gpu=0 if settings.device == "cpu" else 1,
        mem_mb=growing(8000),
        runtime=growing(720),
    params:
        code=code("train.py"),
        record=lookup("stages/{experiment}/{stage}", within=config),
    message:
        "{wildcards.experiment}/{wildcards.stage}, seed {wildcards.seed}: train"
    script:
        "../workflow_scripts/train.py"

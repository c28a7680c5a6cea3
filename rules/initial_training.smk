# The initial training (paper, sections 3.3 and 4.2): M-CNN*.
# Reads: the samples of the experiment's dataset and the pretrained weights.
# Leaves: models/<experiment>/seed<k>/initial/, a folder with model.safetensors, history.csv
# and run.json. A checkpoint lies there while the training runs; it resumes from it.


def record(wildcards):
    """Settings of a training."""
    return settings["stages"][wildcards.experiment][wildcards.stage]


def samples(wildcards):
    """Samples of the dataset of a training."""
    return expand(rules.sample_frames.output.samples, dataset=record(wildcards)["dataset"])


def start(wildcards):
    """Model of the previous stage that a training starts from."""
    experiment, stage = record(wildcards)["start"].split("/")
    model = f"{RESULTS}/models/{experiment}/seed{{seed}}/{stage}/model.safetensors"
    return expand(model, seed=wildcards.seed)


def pretrained(wildcards):
    """Weights that a training without a previous stage starts from, if not at random."""
    network = record(wildcards)["network"]
    if network["weights"] == "none":
        return []
    if network["weights"] == "imagenet":
        return expand(rules.pretrained_weights.output.weights, **network)
    return network["weights"]


rule train_initial:
    input:
        samples=samples,
        pretrained=pretrained,
    output:
        model=f"{RESULTS}/models/{{experiment}}/seed{{seed}}/{{stage,initial}}/model.safetensors",
        history=f"{RESULTS}/models/{{experiment}}/seed{{seed}}/{{stage}}/history.csv",
        run=f"{RESULTS}/models/{{experiment}}/seed{{seed}}/{{stage}}/run.json",
    log:
        f"{RESULTS}/logs/train/{{experiment}}/seed{{seed}}/{{stage}}.log",
    params:
        code=code("train.py"),
        record=lookup("stages/{experiment}/{stage}", within=settings),
    threads: settings["threads"]
    resources:
        gpu=0 if settings["device"] == "cpu" else 1,
        mem_mb=8000,
        runtime="12h",
    conda:
        "../envs/mcnn.yaml"
    script:
        "../workflow_scripts/train.py"

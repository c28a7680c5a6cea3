# Pretrained weights of the backbone.
# Reads: nothing but the name of the architecture.
# Leaves: resources/weights/<architecture>.safetensors, downloaded once, its checksum verified.


rule pretrained_weights:
    output:
        weights=pretrained_weights("{architecture}"),
    log:
        "resources/weights/{architecture}.log",
    benchmark:
        f"{paths.benchmarks}/pretrained_weights/{{architecture}}.tsv"
    localrule: True
    conda:
        "../envs/mcnn.yaml"
    message:
        "fetch the pretrained weights of {wildcards.architecture}"
    script:
        "../workflow_scripts/pretrained_weights.py"

# Motion segmentation: one artefact per video.
# Reads: the manifest, and the precomputed masks of `datasets.<dataset>.motion`.
# Leaves: motion/<dataset>/<video>.parquet, a row per frame with mask and foreground area.


rule motion_masks:
    input:
        shots=rules.manifest.output.shots,
    output:
        masks=f"{RESULTS}/motion/{{dataset}}/{{video}}.parquet",
    log:
        f"{RESULTS}/logs/motion_masks/{{dataset}}/{{video}}.log",
    conda:
        "../envs/mcnn.yaml"
    params:
        code=code("motion_masks.py"),
        dataset=lookup("datasets/{dataset}", within=settings),
        on_error=lookup("on_error", within=settings),
    script:
        "../workflow_scripts/motion_masks.py"

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
    params:
        code=code("motion_masks.py"),
        dataset=lookup("datasets/{dataset}", within=settings),
        on_error=lookup("on_error", within=settings),
    conda:
        "../envs/mcnn.yaml"
    script:
        "../workflow_scripts/motion_masks.py"


def masks_of_dataset(wildcards):
    """Motion masks of all videos in the manifest."""
    from mcnn.datasets.shots import read_shots

    manifest = checkpoints.manifest.get(dataset=wildcards.dataset).output.shots
    videos = dict.fromkeys(shot.video for shot in read_shots(Path(manifest)))
    return expand(rules.motion_masks.output.masks, video=videos, allow_missing=True)

# Motion segmentation: one artefact per group of videos, called after the first of them.
# Reads: the manifest, and the frames or the precomputed masks of `datasets.<dataset>.motion`.
# Leaves: motion/<dataset>/<video>.parquet, a row per frame with mask and foreground area.

SEGMENTED = [
    name
    for name, dataset in settings.datasets.items()
    if dataset.motion.format == "segment"
]


rule segment_motion:
    input:
        # A new video changes the manifest, but not what it says of the others: `shots` below.
        shots=ancient(paths.shots),
        videos=own_videos_of_motion,
    output:
        masks=paths.motion,
    log:
        f"{paths.logs}/segment_motion/{{dataset}}/{{video}}.log",
    benchmark:
        f"{paths.benchmarks}/segment_motion/{{dataset}}/{{video}}.tsv"
    wildcard_constraints:
        dataset=one_of(SEGMENTED),
    conda:
        "../envs/mcnn.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60 + settings.motion.videos_per_job),
    params:
        code=code("segment_motion.py"),
        shots=shots_of_motion,
        motion=lookup("motion", within=config),
    message:
        "{wildcards.dataset}: segment the motion of videos, from {wildcards.video} on"
    script:
        "../workflow_scripts/segment_motion.py"


rule ingest_motion:
    input:
        # A new video changes the manifest, but not what it says of the others: `shots` below.
        shots=ancient(paths.shots),
        videos=own_videos_of_motion,
    output:
        masks=paths.motion,
    log:
        f"{paths.logs}/ingest_motion/{{dataset}}/{{video}}.log",
    benchmark:
        f"{paths.benchmarks}/ingest_motion/{{dataset}}/{{video}}.tsv"
    wildcard_constraints:
        dataset=one_of(settings.datasets.keys() - set(SEGMENTED)),
    conda:
        "../envs/mcnn.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60 + settings.motion.videos_per_job),
    params:
        code=code("ingest_motion.py"),
        shots=shots_of_motion,
        motion=lookup("datasets/{dataset}/motion", within=config),
        videos_per_job=lookup("motion/videos_per_job", within=config),
        root=lookup("datasets/{dataset}/root", within=config),
    message:
        "{wildcards.dataset}: read the motion masks of videos, from {wildcards.video} on"
    script:
        "../workflow_scripts/ingest_motion.py"

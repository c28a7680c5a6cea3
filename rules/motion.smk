# Motion segmentation: one artefact per video.
# Reads: the manifest, and the frames or the precomputed masks of `datasets.<dataset>.motion`.
# Leaves: motion/<dataset>/<video>.parquet, a row per frame with mask and foreground area.

SEGMENTED = [
    name
    for name, dataset in settings["datasets"].items()
    if dataset["motion"]["format"] == "segment"
]
INGESTED = [name for name in settings["datasets"] if name not in SEGMENTED]


rule segment_motion:
    input:
        # A new video changes the manifest of all, but not the shots of the others.
        shots=ancient(SHOTS),
        ranges=ranges_of_shots,
    output:
        masks=MASKS,
    log:
        f"{RESULTS}/logs/segment_motion/{{dataset}}/{{video}}.log",
    wildcard_constraints:
        dataset=one_of(SEGMENTED),
    conda:
        "../envs/mcnn.yaml"
    params:
        code=code("segment_motion.py"),
        motion=lookup("motion", within=settings),
        on_error=lookup("on_error", within=settings),
    script:
        "../workflow_scripts/segment_motion.py"


rule ingest_motion:
    input:
        # A new video changes the manifest of all, but not the shots of the others.
        shots=ancient(SHOTS),
        ranges=ranges_of_shots,
    output:
        masks=MASKS,
    log:
        f"{RESULTS}/logs/ingest_motion/{{dataset}}/{{video}}.log",
    wildcard_constraints:
        dataset=one_of(INGESTED),
    conda:
        "../envs/mcnn.yaml"
    params:
        code=code("ingest_motion.py"),
        dataset=lookup("datasets/{dataset}", within=settings),
        on_error=lookup("on_error", within=settings),
    script:
        "../workflow_scripts/ingest_motion.py"

# Datasets on disk, read into manifests.
# Reads: the roots of `datasets` and `images`.
# Leaves: data/<dataset>/shots.parquet and data/<images>/images.parquet, each with the list
# of what was skipped; for each of one's own videos data/<dataset>/splits/<video>.csv, its shots.


rule detect_shots:
    input:
        video=video,
    output:
        split=f"{RESULTS}/data/{{dataset}}/splits/{{video}}.csv",
    log:
        f"{RESULTS}/logs/detect_shots/{{dataset}}/{{video}}.log",
    conda:
        "../envs/mcnn.yaml"
    params:
        code=code("detect_shots.py"),
        shots=lookup("datasets/{dataset}/shots", within=settings),
        on_error=lookup("on_error", within=settings),
    script:
        "../workflow_scripts/detect_shots.py"


checkpoint manifest:
    input:
        world=rendered,
        splits=splits_of_dataset,
    output:
        shots=SHOTS,
        skipped=f"{RESULTS}/data/{{dataset}}/skipped.csv",
    log:
        f"{RESULTS}/logs/manifest/{{dataset}}.log",
    conda:
        "../envs/mcnn.yaml"
    params:
        code=code("manifest.py"),
        dataset=lookup("datasets/{dataset}", within=settings),
        classes=lookup("classes", within=settings),
        on_error=lookup("on_error", within=settings),
    script:
        "../workflow_scripts/manifest.py"


rule image_set:
    input:
        rendered,
    output:
        images=f"{RESULTS}/data/{{images}}/images.parquet",
        skipped=f"{RESULTS}/data/{{images}}/skipped_images.csv",
    log:
        f"{RESULTS}/logs/image_set/{{images}}.log",
    conda:
        "../envs/mcnn.yaml"
    params:
        code=code("image_set.py"),
        images=lookup("images/{images}", within=settings),
        classes=lookup("classes", within=settings),
        on_error=lookup("on_error", within=settings),
    script:
        "../workflow_scripts/image_set.py"

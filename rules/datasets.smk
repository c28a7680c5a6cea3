# Datasets on disk, read into manifests.
# Reads: the roots of `datasets` and `images`.
# Leaves: data/<dataset>/shots.parquet and data/<images>/images.parquet, each with the list
# of what was skipped; for each of one's own videos data/<dataset>/splits/<video>.csv, its shots.


rule detect_shots:
    input:
        video=own_video,
    output:
        split=paths.split,
    log:
        f"{paths.logs}/detect_shots/{{dataset}}/{{video}}.log",
    benchmark:
        f"{paths.benchmarks}/detect_shots/{{dataset}}/{{video}}.tsv"
    conda:
        "../envs/mcnn.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        code=code("detect_shots.py"),
        shots=lookup("datasets/{dataset}/shots", within=config),
    message:
        "{wildcards.dataset}: split the video {wildcards.video} into its shots"
    script:
        "../workflow_scripts/detect_shots.py"


checkpoint manifest:
    input:
        world=rendered,
        splits=splits_of_dataset,
    output:
        shots=paths.shots,
        skipped=paths.skipped_shots,
    log:
        f"{paths.logs}/manifest/{{dataset}}.log",
    benchmark:
        f"{paths.benchmarks}/manifest/{{dataset}}.tsv"
    conda:
        "../envs/mcnn.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        code=code("manifest.py"),
        format=lookup("datasets/{dataset}/format", within=config),
        root=lookup("datasets/{dataset}/root", within=config),
        shots=lookup("datasets/{dataset}/shots", within=config),
        classes=lookup("classes", within=config),
        tags=tags_of_folder,
    message:
        "{wildcards.dataset}: list the shots of all videos"
    script:
        "../workflow_scripts/manifest.py"


rule image_set:
    input:
        rendered,
    output:
        images=paths.images,
        skipped=paths.skipped_images,
    log:
        f"{paths.logs}/image_set/{{images}}.log",
    benchmark:
        f"{paths.benchmarks}/image_set/{{images}}.tsv"
    conda:
        "../envs/mcnn.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        code=code("image_set.py"),
        images=lookup("images/{images}", within=config),
        classes=lookup("classes", within=config),
    message:
        "{wildcards.images}: list the images"
    script:
        "../workflow_scripts/image_set.py"

# Pruning and sampling (paper, section 4.2).
# Reads: the manifest and the motion masks of all its videos.
# Leaves: shots/<dataset>/pruned.csv with the reason for every shot dropped, and
# samples/<dataset>.parquet with the sampled frames of the others.


rule prune_shots:
    input:
        shots=paths.shots,
        masks=masks_of_dataset,
    output:
        pruned=paths.pruned,
    log:
        f"{paths.logs}/prune_shots/{{dataset}}.log",
    benchmark:
        f"{paths.benchmarks}/prune_shots/{{dataset}}.tsv"
    conda:
        "../envs/mcnn.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        code=code("prune_shots.py"),
        min_frames=lookup("shots/min_frames", within=config),
        min_foreground=lookup("shots/min_foreground", within=config),
        max_foreground=lookup("shots/max_foreground", within=config),
        min_confidence=lookup("shots/min_confidence", within=config),
    message:
        "{wildcards.dataset}: prune the shots"
    script:
        "../workflow_scripts/prune_shots.py"


rule sample_frames:
    input:
        shots=paths.shots,
        pruned=paths.pruned,
        masks=masks_of_dataset,
    output:
        samples=paths.samples,
        skipped=paths.skipped_samples,
    log:
        f"{paths.logs}/sample_frames/{{dataset}}.log",
    benchmark:
        f"{paths.benchmarks}/sample_frames/{{dataset}}.tsv"
    conda:
        "../envs/mcnn.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        code=code("sample_frames.py"),
        frames_per_sample=lookup("shots/frames_per_sample", within=config),
        longer_side=lookup("shots/longer_side", within=config),
    message:
        "{wildcards.dataset}: sample the frames of the pruned shots"
    script:
        "../workflow_scripts/sample_frames.py"

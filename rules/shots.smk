# Pruning and sampling (paper, section 4.2).
# Reads: the manifest and the motion masks of all its videos.
# Leaves: shots/<dataset>/pruned.csv with the reason for every shot dropped, and
# samples/<dataset>.parquet with the sampled frames of the others.


rule prune_shots:
    input:
        shots=rules.manifest.output.shots,
        masks=masks_of_dataset,
    output:
        pruned=f"{RESULTS}/shots/{{dataset}}/pruned.csv",
    log:
        f"{RESULTS}/logs/prune_shots/{{dataset}}.log",
    conda:
        "../envs/mcnn.yaml"
    params:
        code=code("prune_shots.py"),
        shots=lookup("shots", within=settings),
    script:
        "../workflow_scripts/prune_shots.py"


rule sample_frames:
    input:
        shots=rules.manifest.output.shots,
        pruned=rules.prune_shots.output.pruned,
        masks=masks_of_dataset,
    output:
        samples=f"{RESULTS}/samples/{{dataset}}.parquet",
        skipped=f"{RESULTS}/samples/{{dataset}}_skipped.csv",
    log:
        f"{RESULTS}/logs/sample_frames/{{dataset}}.log",
    conda:
        "../envs/mcnn.yaml"
    params:
        code=code("sample_frames.py"),
        shots=lookup("shots", within=settings),
        on_error=lookup("on_error", within=settings),
    script:
        "../workflow_scripts/sample_frames.py"

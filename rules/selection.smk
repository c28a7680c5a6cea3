# Selection of the best shot of each video (paper, section 3.4).
# Reads: the samples and the initial model of the same seed.
# Leaves: shots/<dataset>/selected/<experiment>/seed<k>.csv: every shot with its overlap, and
# why it was not selected.


rule select_shots:
    input:
        samples=paths.samples,
        model=paths.initial_model,
    output:
        selected=paths.selected,
    log:
        f"{paths.logs}/select_shots/{{dataset}}/{{experiment}}/seed{{seed}}.log",
    benchmark:
        f"{paths.benchmarks}/select_shots/{{dataset}}/{{experiment}}/seed{{seed}}.tsv"
    priority: 1
    conda:
        "../envs/mcnn.yaml"
    threads: settings.threads
    resources:
        gpu=0 if settings.device == "cpu" else 1,
        mem_mb=growing(8000),
        runtime=growing(60),
    params:
        code=code("select_shots.py"),
        selection=lookup("selection", within=config),
    message:
        "{wildcards.experiment}, seed {wildcards.seed}: select the best shot of each video"
    script:
        "../workflow_scripts/select_shots.py"

# Evaluation on images with ground truth (paper, section 4.1).
# Reads: a model and the image sets of `evaluation.sets`.
# Leaves: evaluation/<experiment>/seed<k>/<stage>/iou.csv and confusion.csv.


rule evaluate:
    input:
        model=MODEL,
        images=expand(
            rules.image_set.output.images, images=settings["evaluation"]["sets"]
        ),
    output:
        iou=f"{RESULTS}/evaluation/{{experiment}}/seed{{seed}}/{{stage}}/iou.csv",
        confusion=f"{RESULTS}/evaluation/{{experiment}}/seed{{seed}}/{{stage}}/confusion.csv",
    log:
        f"{RESULTS}/logs/evaluate/{{experiment}}/seed{{seed}}/{{stage}}.log",
    conda:
        "../envs/mcnn.yaml"
    threads: settings["threads"]
    resources:
        gpu=0 if settings["device"] == "cpu" else 1,
        mem_mb=8000,
    params:
        code=code("evaluate.py"),
        sets=lookup("evaluation/sets", within=settings),
        postprocessing=lookup("evaluation/postprocessing", within=settings),
    script:
        "../workflow_scripts/evaluate.py"

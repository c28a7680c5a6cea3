# Evaluation on images with ground truth (paper, section 4.1).
# Reads: a model and the image sets of `evaluation.sets`.
# Leaves: evaluation/<experiment>/seed<k>/<stage>/iou.csv and confusion.csv.


rule evaluate:
    input:
        model=f"{RESULTS}/models/{{experiment}}/seed{{seed}}/{{stage}}/model.safetensors",
        images=expand(rules.image_set.output.images, images=settings["evaluation"]["sets"]),
    output:
        iou=f"{RESULTS}/evaluation/{{experiment}}/seed{{seed}}/{{stage}}/iou.csv",
        confusion=f"{RESULTS}/evaluation/{{experiment}}/seed{{seed}}/{{stage}}/confusion.csv",
    log:
        f"{RESULTS}/logs/evaluate/{{experiment}}/seed{{seed}}/{{stage}}.log",
    params:
        code=code("evaluate.py"),
        sets=lookup("evaluation/sets", within=settings),
    threads: settings["threads"]
    resources:
        gpu=0 if settings["device"] == "cpu" else 1,
        mem_mb=8000,
    conda:
        "../envs/mcnn.yaml"
    script:
        "../workflow_scripts/evaluate.py"

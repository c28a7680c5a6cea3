# Fine-tuning on the selected shots (paper, section 3.4): M-CNN.
# Reads: the samples, the selected shots and the initial model.
# Leaves: models/<experiment>/seed<k>/finetuned/, as the initial training does.


use rule train_initial as train_finetuned with:
    input:
        samples=samples,
        selected=selected,
        start=start,
    output:
        model=f"{MODELS}/{{experiment}}/seed{{seed}}/{{stage}}/model.safetensors",
        history=f"{MODELS}/{{experiment}}/seed{{seed}}/{{stage}}/history.csv",
        run=f"{MODELS}/{{experiment}}/seed{{seed}}/{{stage}}/run.json",
    wildcard_constraints:
        stage="finetuned",

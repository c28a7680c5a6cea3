# Fine-tuning on the selected shots (paper, section 3.4): M-CNN.
# Reads: the samples, the selected shots and the initial model.
# Leaves: models/<experiment>/seed<k>/finetuned/, as the initial training does.


use rule train_initial as train_finetuned with:
    input:
        samples=samples,
        selected=selected,
        start=start,
    output:
        model=paths.model,
        history=paths.history,
        run=paths.run,
    wildcard_constraints:
        stage="finetuned",

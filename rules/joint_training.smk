# Joint fine-tuning on the selected shots and tagged images (paper, section 4.4).
# Reads: the samples, the selected shots, the tagged images and the fine-tuned model.
# Leaves: models/<experiment>/seed<k>/joint/, as the initial training does.


use rule train_initial as train_joint with:
    input:
        samples=samples,
        selected=selected,
        start=start,
        images=tagged_images,
    output:
        model=paths.model,
        history=paths.history,
        run=paths.run,
    wildcard_constraints:
        stage="joint",

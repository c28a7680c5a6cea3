# Evaluation on images with ground truth (paper, section 4.1).
# Reads: a model and the image sets of `evaluation.sets`.
# Leaves: evaluation/<experiment>/seed<k>/<stage>/iou.csv, image_iou.csv and confusion.csv, and for
# targets with the post-processing dense_crf a folder of that name beside them. On request, by its
# path, <images>.tgz: the segmentations of VOC's test images for its server. Of targets of runs
# without `evaluation.sets`: predictions/<experiment>/seed<k>/<stage>/<class>.jpg, of the first seed.

from mcnn.errors import DataError

VOC_TESTS = [
    name
    for name, images in settings.images.items()
    if images.format == "pascal_voc" and images.split == "test"
]


onstart:
    # Imported here because it reads all layouts, whose libraries take a second to load.
    from mcnn.experiments.check import require_masks

    # Now, not when all has been trained that is to be evaluated.
    try:
        require_masks(settings)
    except DataError as error:
        raise WorkflowError(error) from None


rule evaluate:
    input:
        model=paths.model,
        images=evaluation_images,
    output:
        iou=paths.iou,
        image_iou=paths.image_iou,
        confusion=paths.confusion,
    log:
        f"{paths.logs}/evaluate/{{experiment}}/seed{{seed}}/{{stage}}.log",
    benchmark:
        f"{paths.benchmarks}/evaluate/{{experiment}}/seed{{seed}}/{{stage}}.tsv"
    conda:
        "../envs/mcnn.yaml"
    threads: settings.threads
    resources:
        gpu=0 if settings.device == "cpu" else 1,
        mem_mb=growing(8000),
        runtime=growing(60),
    params:
        code=code("evaluate.py"),
        sets=lookup("evaluated_on/{experiment}", within=config),
        postprocessing="none",
    message:
        "{wildcards.experiment}/{wildcards.stage}, seed {wildcards.seed}: evaluate"
    script:
        "../workflow_scripts/evaluate.py"


use rule evaluate as evaluate_dense_crf with:
    output:
        iou=paths.iou_dense_crf,
        image_iou=paths.image_iou_dense_crf,
        confusion=paths.confusion_dense_crf,
    log:
        f"{paths.logs}/evaluate/{{experiment}}/seed{{seed}}/{{stage}}_dense_crf.log",
    benchmark:
        f"{paths.benchmarks}/evaluate_dense_crf/{{experiment}}/seed{{seed}}/{{stage}}_dense_crf.tsv"
    params:
        code=code("evaluate.py"),
        sets=lookup("evaluated_on/{experiment}", within=config),
        postprocessing="dense_crf",
    message:
        "{wildcards.experiment}/{wildcards.stage}, seed {wildcards.seed}: evaluate with a CRF"


rule predictions:
    input:
        model=paths.model,
        samples=samples,
        images=tagged_images,
    output:
        pictures=report(
            directory(paths.predictions),
            patterns=["{name}.jpg"],
            category="Predictions",
            subcategory="{experiment}/{stage}",
            labels={"class": "{name}"},
            caption="captions/predictions.rst",
        ),
        digests=paths.predictions_digests,
    log:
        f"{paths.logs}/predictions/{{experiment}}/seed{{seed}}/{{stage}}.log",
    benchmark:
        f"{paths.benchmarks}/predictions/{{experiment}}/seed{{seed}}/{{stage}}.tsv"
    conda:
        "../envs/mcnn.yaml"
    threads: settings.threads
    resources:
        gpu=0 if settings.device == "cpu" else 1,
        mem_mb=growing(8000),
        runtime=growing(60),
    params:
        code=code("predictions.py"),
    message:
        "{wildcards.experiment}/{wildcards.stage}, seed {wildcards.seed}: draw predictions"
    script:
        "../workflow_scripts/predictions.py"


rule export_voc_test:
    input:
        model=paths.model,
        images=paths.images,
        skipped=paths.skipped_images,
    output:
        archive=paths.voc_archive,
    log:
        f"{paths.logs}/export_voc_test/{{experiment}}/seed{{seed}}/{{stage}}/{{images}}.log",
    benchmark:
        f"{paths.benchmarks}/export_voc_test/{{experiment}}/seed{{seed}}/{{stage}}/{{images}}.tsv"
    wildcard_constraints:
        images=one_of(VOC_TESTS),
    conda:
        "../envs/mcnn.yaml"
    threads: settings.threads
    resources:
        gpu=0 if settings.device == "cpu" else 1,
        mem_mb=growing(8000),
        runtime=growing(60),
    params:
        code=code("export_voc_test.py"),
    message:
        "{wildcards.experiment}/{wildcards.stage}, seed {wildcards.seed}: pack {wildcards.images}"
    script:
        "../workflow_scripts/export_voc_test.py"

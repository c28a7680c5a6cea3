"""Evaluate a model on all sets of images."""

from pathlib import Path

from mcnn.evaluation.evaluate import evaluate
from mcnn.logs import logged

with logged(snakemake.log[0]):
    evaluate(
        Path(snakemake.input.model),
        dict(zip(snakemake.params.sets, map(Path, snakemake.input.images), strict=True)),
        Path(snakemake.output.iou).parent,
        device=snakemake.config["device"],
        threads=snakemake.threads,
        postprocessing=snakemake.params.postprocessing,
    )

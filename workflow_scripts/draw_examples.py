"""Draw the images that a model segments best, in the middle, and worst."""

from pathlib import Path

from mcnn.artefacts.pictures import write_digests
from mcnn.evaluation.examples import draw_examples
from mcnn.logs import logged

with logged(snakemake.log[0]):
    draw_examples(
        Path(snakemake.input.model),
        Path(snakemake.input.images),
        Path(snakemake.input.image_iou),
        snakemake.params.image_set,
        Path(snakemake.output.pictures),
        device=snakemake.config["device"],
        threads=snakemake.threads,
        postprocessing=snakemake.wildcards.postprocessing,
    )
    write_digests(Path(snakemake.output.pictures), Path(snakemake.output.digests))

"""Draw what a network sees in the frames and images that it was trained on."""

from pathlib import Path

from mcnn.artefacts.pictures import write_digests
from mcnn.evaluation.predictions import draw_predictions
from mcnn.logs import logged

files = snakemake.input

with logged(snakemake.log[0]):
    draw_predictions(
        Path(files.model),
        Path(files.samples) if files.samples else None,
        Path(files.images) if files.images else None,
        Path(snakemake.output.pictures),
        device=snakemake.config["device"],
        threads=snakemake.threads,
    )
    write_digests(Path(snakemake.output.pictures), Path(snakemake.output.digests))

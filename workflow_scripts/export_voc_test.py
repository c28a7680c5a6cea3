"""Segment the images of a test set and pack the results for VOC's server."""

from pathlib import Path

from mcnn.evaluation.voc_archive import export_voc_test
from mcnn.logs import logged

with logged(snakemake.log[0]):
    export_voc_test(
        Path(snakemake.input.model),
        Path(snakemake.input.images),
        Path(snakemake.input.skipped),
        Path(snakemake.output.archive),
        device=snakemake.config["device"],
        threads=snakemake.threads,
    )

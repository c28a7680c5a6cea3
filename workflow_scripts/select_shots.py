"""Select the best shot of each video."""

from pathlib import Path

from mcnn.logs import logged
from mcnn.training.selection import select

with logged(snakemake.log[0]):
    select(
        Path(snakemake.input.samples),
        Path(snakemake.input.model),
        Path(snakemake.output.selected),
        min_iou=snakemake.params.min_iou,
        device=snakemake.config.get("device", "auto"),
        threads=snakemake.threads,
    )

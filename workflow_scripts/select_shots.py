"""Select the best shot of each video."""

from pathlib import Path

from mcnn.config.selection import Selection
from mcnn.logs import logged
from mcnn.training.selection import select

with logged(snakemake.log[0]):
    select(
        Path(snakemake.input.samples),
        Path(snakemake.input.model),
        Path(snakemake.output.selected),
        Selection(**snakemake.params.selection),
        device=snakemake.config["device"],
        threads=snakemake.threads,
    )

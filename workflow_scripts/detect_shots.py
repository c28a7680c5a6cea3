"""Split a video into its shots."""

from pathlib import Path

from mcnn.datasets.video_shots import write_split
from mcnn.logs import logged

with logged(snakemake.log[0]):
    write_split(
        Path(snakemake.input.video),
        snakemake.params.shots,
        Path(snakemake.output.split),
        snakemake.params.on_error,
    )

"""Split a video into its shots."""

from pathlib import Path

from mcnn.artefacts.splits import write_split
from mcnn.datasets.video_shots import split_or_reason
from mcnn.logs import logged

with logged(snakemake.log[0]):
    split = split_or_reason(
        Path(snakemake.input.video), snakemake.params.shots, snakemake.config["on_error"]
    )
    write_split(split, snakemake.output.split)

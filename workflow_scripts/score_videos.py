"""Score the localized videos of a dataset."""

from pathlib import Path

from mcnn.colocalization.score import score_videos
from mcnn.logs import logged

with logged(snakemake.log[0]):
    score_videos(
        map(Path, snakemake.input.localized),
        Path(snakemake.input.annotations),
        snakemake.params.classes,
        snakemake.params.rule,
        Path(snakemake.output.corloc).parent,
    )

"""Score the motion masks of a dataset."""

from pathlib import Path

from mcnn.colocalization.score import score_motion
from mcnn.logs import logged

with logged(snakemake.log[0]):
    score_motion(
        map(Path, snakemake.input.masks),
        Path(snakemake.input.annotations),
        snakemake.params.classes,
        snakemake.params.rule,
        Path(snakemake.output.corloc).parent,
    )

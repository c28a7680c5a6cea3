"""Sample the frames of the pruned shots."""

from pathlib import Path

from mcnn.artefacts.motion import files_of_videos
from mcnn.artefacts.shots import read_shots
from mcnn.artefacts.skipped import write_skipped
from mcnn.logs import logged
from mcnn.shots.sample import sample_shots

with logged(snakemake.log[0]):
    skipped = sample_shots(
        read_shots(snakemake.input.shots),
        Path(snakemake.input.pruned),
        files_of_videos(snakemake.input.masks),
        Path(snakemake.output.samples),
        snakemake.params.frames_per_sample,
        snakemake.params.longer_side,
        snakemake.config["on_error"],
    )
    write_skipped(skipped, snakemake.output.skipped)

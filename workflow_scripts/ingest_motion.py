"""Bring the precomputed motion masks of a group of videos into their artefact."""

from pathlib import Path

from mcnn.artefacts.shots import read_shots_of_job
from mcnn.config.datasets import MotionMasks
from mcnn.logs import logged
from mcnn.motion.ingest import ingest_motion

first = snakemake.wildcards.video

with logged(snakemake.log[0]):
    ingest_motion(
        read_shots_of_job(snakemake.input.shots, first, snakemake.params.videos_per_job),
        MotionMasks(**snakemake.params.motion),
        Path(snakemake.params.root),
        Path(snakemake.output.masks),
        snakemake.config["on_error"],
    )

"""Segment the motion of a group of videos."""

from pathlib import Path

from mcnn.artefacts.shots import read_shots_of_job
from mcnn.config.motion import MotionSegmentation
from mcnn.logs import logged
from mcnn.motion.video import segment_motion

settings = MotionSegmentation(**snakemake.params.motion)
first = snakemake.wildcards.video

with logged(snakemake.log[0]):
    segment_motion(
        read_shots_of_job(snakemake.input.shots, first, settings.videos_per_job),
        settings,
        Path(snakemake.output.masks),
        snakemake.config["on_error"],
        snakemake.threads,
    )

"""Segment the motion of a video."""

from pathlib import Path

from mcnn.artefacts.shots import read_shots
from mcnn.config.motion import MotionSegmentation
from mcnn.logs import logged
from mcnn.motion.video import segment_motion

with logged(snakemake.log[0]):
    segment_motion(
        read_shots(snakemake.input.shots, snakemake.wildcards.video),
        MotionSegmentation(**snakemake.params.motion),
        Path(snakemake.output.masks),
        snakemake.config["on_error"],
        snakemake.threads,
    )

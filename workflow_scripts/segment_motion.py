"""Segment the motion of a video."""

from pathlib import Path

from mcnn.config.motion import MotionSegmentation
from mcnn.datasets.shots import read_shots
from mcnn.logs import logged
from mcnn.motion.video import segment_motion

video = snakemake.wildcards.video

with logged(snakemake.log[0]):
    segment_motion(
        [shot for shot in read_shots(snakemake.input.shots) if shot.video == video],
        MotionSegmentation(**snakemake.params.motion),
        Path(snakemake.output.masks),
        snakemake.params.on_error,
        snakemake.threads,
    )

"""Bring the precomputed motion masks of a video into its artefact."""

from pathlib import Path

from mcnn.artefacts.shots import read_shots
from mcnn.config.datasets import MotionMasks
from mcnn.logs import logged
from mcnn.motion.ingest import ingest_motion

with logged(snakemake.log[0]):
    ingest_motion(
        read_shots(snakemake.input.shots, snakemake.wildcards.video),
        MotionMasks(**snakemake.params.motion),
        Path(snakemake.params.root),
        Path(snakemake.output.masks),
        snakemake.config["on_error"],
    )

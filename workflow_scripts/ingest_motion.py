"""Bring the precomputed motion masks of a video into its artefact."""

from pathlib import Path

from mcnn.config.data import VideoDataset
from mcnn.datasets.shots import read_shots
from mcnn.logs import logged
from mcnn.motion.ingest import ingest_motion

dataset = VideoDataset(**snakemake.params.dataset)
video = snakemake.wildcards.video

with logged(snakemake.log[0]):
    ingest_motion(
        [shot for shot in read_shots(snakemake.input.shots) if shot.video == video],
        dataset.motion,
        Path(dataset.root),
        Path(snakemake.output.masks),
        snakemake.params.on_error,
    )

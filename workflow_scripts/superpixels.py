"""Divide the frames of a group of videos into superpixels."""

from pathlib import Path

from mcnn.artefacts.annotations import read_annotations
from mcnn.artefacts.shots import read_shots_of_job
from mcnn.colocalization.superpixels import divide_videos
from mcnn.config.colocalization import Colocalization
from mcnn.logs import logged

files, settings = snakemake.input, Colocalization(**snakemake.params.colocalization)
first = snakemake.wildcards.video

with logged(snakemake.log[0]):
    divide_videos(
        read_shots_of_job(files.shots, first, settings.videos_per_job),
        settings,
        Path(snakemake.output.superpixels),
        annotations=read_annotations(files.annotations) if files.annotations else None,
        on_error=snakemake.config["on_error"],
    )

"""Localize the objects of a group of videos."""

from pathlib import Path

from mcnn.artefacts.annotations import read_annotations
from mcnn.artefacts.shots import read_shots_of_job
from mcnn.artefacts.skipped import write_skipped
from mcnn.colocalization.localize import localize_videos
from mcnn.config.colocalization import Colocalization
from mcnn.logs import logged

files, settings = snakemake.input, Colocalization(**snakemake.params.colocalization)
first = snakemake.wildcards.video

with logged(snakemake.log[0]):
    skipped = localize_videos(
        read_shots_of_job(files.shots, first, settings.videos_per_job),
        Path(files.model),
        settings,
        Path(snakemake.output.localized),
        annotations=read_annotations(files.annotations) if files.annotations else None,
        seed=int(snakemake.wildcards.seed),
        device=snakemake.config["device"],
        threads=snakemake.threads,
        on_error=snakemake.config["on_error"],
        superpixels=Path(files.superpixels),
    )
    write_skipped(skipped, snakemake.output.skipped)

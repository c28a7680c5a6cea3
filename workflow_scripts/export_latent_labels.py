"""Infer the latent labels of all shots of a training's dataset, and write them with the frames."""

from pathlib import Path

from mcnn.config.record import StageRecord
from mcnn.evaluation.latent_labels import Trained
from mcnn.export.latent_labels import export_latent_labels
from mcnn.logs import logged

params = snakemake.params

with logged(snakemake.log[0]):
    export_latent_labels(
        Path(snakemake.input.samples),
        Path(snakemake.input.shots),
        Trained(
            snakemake.wildcards.stage, StageRecord(**params.record), Path(snakemake.input.model)
        ),
        Path(params.root),
        Path(snakemake.output.folder),
        device=snakemake.config["device"],
        threads=snakemake.threads,
    )

"""Draw the latent labels of a shot of each class as a chain of trainings goes on."""

from pathlib import Path

from mcnn.artefacts.pictures import write_digests
from mcnn.config.record import StageRecord
from mcnn.evaluation.latent_labels import Trained, draw_latent_labels
from mcnn.logs import logged

params = snakemake.params

with logged(snakemake.log[0]):
    draw_latent_labels(
        Path(snakemake.input.samples),
        [
            Trained(name, StageRecord(**record), Path(model))
            for name, record, model in zip(
                params.names, params.records, snakemake.input.models, strict=True
            )
        ],
        Path(snakemake.output.pictures),
        device=snakemake.config["device"],
        threads=snakemake.threads,
    )
    write_digests(Path(snakemake.output.pictures), Path(snakemake.output.digests))

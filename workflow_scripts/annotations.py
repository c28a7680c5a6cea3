"""Read the ground-truth boxes of a dataset."""

from pathlib import Path

from mcnn.artefacts.annotations import write_annotations
from mcnn.artefacts.shots import read_shots
from mcnn.artefacts.skipped import write_skipped
from mcnn.config.datasets import GroundTruth
from mcnn.datasets.ground_truth import read_ground_truth
from mcnn.logs import logged

with logged(snakemake.log[0]):
    boxes, skipped = read_ground_truth(
        GroundTruth(**snakemake.params.ground_truth),
        Path(snakemake.params.root),
        read_shots(snakemake.input.shots),
        snakemake.config["on_error"],
    )
    write_skipped(skipped, snakemake.output.skipped)
    write_annotations(boxes, snakemake.output.annotations)

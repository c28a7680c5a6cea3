"""Read the ground-truth boxes of a dataset."""

from pathlib import Path

from mcnn.config.data import VideoDataset
from mcnn.datasets.annotations import annotation_table
from mcnn.datasets.shots import read_shots
from mcnn.datasets.skipped import write_skipped
from mcnn.evaluation.ground_truth import read_ground_truth
from mcnn.files import write_csv
from mcnn.logs import logged

with logged(snakemake.log[0]):
    boxes, skipped = read_ground_truth(
        VideoDataset(**snakemake.params.dataset),
        read_shots(snakemake.input.shots),
        snakemake.params.on_error,
    )
    write_skipped(skipped, snakemake.output.skipped)
    write_csv(Path(snakemake.output.annotations), annotation_table(boxes))

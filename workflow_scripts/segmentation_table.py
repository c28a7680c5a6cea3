"""Write the table of segmentation results."""

from pathlib import Path

from mcnn.files import write_csv
from mcnn.logs import logged
from mcnn.report.segmentation import published_sources, segmentation_table

params = snakemake.params

with logged(snakemake.log[0]):
    table = segmentation_table(
        dict(zip(params.evaluations, map(Path, snakemake.input.ious), strict=True)),
        dict(zip(params.trainings, map(Path, snakemake.input.records), strict=True)),
        published_sources(params.experiments, params.targets),
    )
    write_csv(Path(snakemake.output.table), table)

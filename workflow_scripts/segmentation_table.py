"""Write the table of segmentation results."""

from itertools import product
from pathlib import Path

from mcnn.files import write_csv
from mcnn.logs import logged
from mcnn.report.segmentation import published_sources, segmentation_table

params = snakemake.params
runs = [(*target.split("/"), seed) for target, seed in product(params.targets, params.seeds)]

with logged(snakemake.log[0]):
    table = segmentation_table(
        dict(zip(runs, map(Path, snakemake.input), strict=True)),
        published_sources(params.experiments, params.targets),
    )
    write_csv(Path(snakemake.output.table), table)

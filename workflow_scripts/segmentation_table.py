"""Write the table of segmentation results."""

from pathlib import Path

from mcnn.files import write_csv
from mcnn.logs import logged
from mcnn.report.segmentation import published_sources, segmentation_table

params = snakemake.params
runs = [(run["experiment"], run["stage"], run["seed"]) for run in params.runs]

with logged(snakemake.log[0]):
    table = segmentation_table(
        dict(zip(runs, map(Path, snakemake.input.ious), strict=True)),
        Path(params.models),
        published_sources(params.experiments, params.targets),
    )
    write_csv(Path(snakemake.output.table), table)

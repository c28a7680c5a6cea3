"""Write the table of shots."""

from pathlib import Path

from mcnn.files import write_csv
from mcnn.logs import logged
from mcnn.report.shots import shots_table

files, datasets = snakemake.input, snakemake.params.datasets

with logged(snakemake.log[0]):
    table = shots_table(
        dict(zip(datasets, map(Path, files.shots), strict=True)),
        dict(zip(datasets, map(Path, files.pruned), strict=True)),
    )
    write_csv(Path(snakemake.output.shots), table)

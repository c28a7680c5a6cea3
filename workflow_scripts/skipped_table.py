"""Write the table of what was skipped."""

from pathlib import Path

from mcnn.files import write_csv
from mcnn.logs import logged
from mcnn.report.shots import skipped_table

files = snakemake.input

with logged(snakemake.log[0]):
    lists = [*files.datasets, *files.samples, *files.annotations, *files.images, *files.localized]
    table = skipped_table(map(Path, lists), map(Path, files.pruned))
    write_csv(Path(snakemake.output.skipped), table)

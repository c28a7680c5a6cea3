"""Write the tables of shots and of what was skipped."""

from pathlib import Path

from mcnn.files import write_csv
from mcnn.logs import logged
from mcnn.report.shots import shots_table, skipped_table

files, datasets = snakemake.input, snakemake.params.datasets

with logged(snakemake.log[0]):
    pruned = dict(zip(datasets, map(Path, files.pruned), strict=True))
    table = shots_table(dict(zip(datasets, map(Path, files.shots), strict=True)), pruned)
    write_csv(Path(snakemake.output.shots), table)
    lists = [*files.skipped, *files.skipped_samples, *files.skipped_annotations]
    lists += files.skipped_images
    skipped = skipped_table(map(Path, lists), pruned.values())
    write_csv(Path(snakemake.output.skipped), skipped)

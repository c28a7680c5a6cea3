"""Write table 4 with our results beside the published ones."""

from pathlib import Path

from mcnn.logs import logged
from mcnn.report.colocalization import colocalization_table
from mcnn.report.paper_tables import write_paper_table

params = snakemake.params
motion = dict(zip(params.datasets, map(Path, snakemake.input.motion), strict=True))
files = map(Path, snakemake.input.networks)
networks = {
    target: {seed: next(files) for seed in params.seeds} for target in map(tuple, params.targets)
}

with logged(snakemake.log[0]):
    table = colocalization_table(motion, networks)
    write_paper_table(table, "table4", snakemake.output)

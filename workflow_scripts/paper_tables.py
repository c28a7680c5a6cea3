"""Write one of the paper's tables with our results beside the published ones."""

from pathlib import Path

from mcnn.logs import logged
from mcnn.report.paper_tables import TITLES, paper_table, write_paper_table
from mcnn.report.segmentation import published_sources, segmentation_table

params, name = snakemake.params, snakemake.wildcards.table

with logged(snakemake.log[0]):
    sources = published_sources(params.experiments, params.targets)
    results = segmentation_table(
        dict(zip(params.evaluations, map(Path, snakemake.input.ious), strict=True)),
        dict(zip(params.trainings, map(Path, snakemake.input.records), strict=True)),
        sources,
    )
    table = paper_table(name, results, sources)
    write_paper_table(table, TITLES[name], snakemake.output)

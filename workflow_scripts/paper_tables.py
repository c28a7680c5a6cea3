"""Write the paper's tables with our results beside the published ones."""

import pandas as pd

from mcnn.logs import logged
from mcnn.report.paper_tables import paper_table, write_paper_table
from mcnn.report.segmentation import published_sources

params = snakemake.params

with logged(snakemake.log[0]):
    results = pd.read_csv(snakemake.input.results)
    sources = published_sources(params.experiments, params.targets)
    table = paper_table(snakemake.wildcards.table, results, sources)
    write_paper_table(table, snakemake.wildcards.table, snakemake.output)

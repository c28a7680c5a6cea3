"""Write table 4 with our results beside the published ones."""

from pathlib import Path

from mcnn.logs import logged
from mcnn.report.colocalization import colocalization_table, title
from mcnn.report.formats import write_paper_table
from mcnn.report.paper import read_published
from mcnn.report.papers_data import papers_datasets

params, files = snakemake.params, snakemake.input

shots = dict(zip(params.datasets, map(Path, files.shots), strict=True))

with logged(snakemake.log[0]):
    table = colocalization_table(
        dict(zip(params.datasets, map(Path, files.motion), strict=True)),
        dict(zip(map(tuple, params.runs), map(Path, files.networks), strict=True)),
        params.scored_on,
        read_published(files.published[0]),
        papers_datasets(params.papers_videos, shots),
    )
    write_paper_table(table, title(table), snakemake.output, "CorLoc")

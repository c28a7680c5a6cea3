"""Write one of the paper's tables with our results beside the published ones."""

from pathlib import Path

from mcnn.logs import logged
from mcnn.report.formats import write_paper_table
from mcnn.report.paper import read_published
from mcnn.report.paper_tables import paper_table, title
from mcnn.report.papers_data import PapersData, papers_datasets
from mcnn.report.segmentation import segmentation_table

params, files = snakemake.params, snakemake.input
name = snakemake.wildcards.table
shots = dict(zip(params.datasets, map(Path, files.shots), strict=True))

with logged(snakemake.log[0]):
    paper = read_published(files.published[0])
    results = segmentation_table(
        dict(zip(map(tuple, params.evaluations), map(Path, files.ious), strict=True)),
        dict(zip(map(tuple, params.trainings), map(Path, files.records), strict=True)),
        params.rows,
        params.splits,
        {name: paper},
        PapersData(params.papers_images, papers_datasets(params.papers_videos, shots)),
    )
    table = paper_table(name, results, params.rows, paper)
    write_paper_table(table, title(name, table), snakemake.output)

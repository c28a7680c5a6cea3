"""Write the table of segmentation results."""

from pathlib import Path

from mcnn.files import write_csv
from mcnn.logs import logged
from mcnn.report.paper import read_published
from mcnn.report.papers_data import PapersData, papers_datasets
from mcnn.report.segmentation import segmentation_table

params, files = snakemake.params, snakemake.input

shots = dict(zip(params.datasets, map(Path, files.shots), strict=True))

with logged(snakemake.log[0]):
    table = segmentation_table(
        dict(zip(map(tuple, params.evaluations), map(Path, files.ious), strict=True)),
        dict(zip(map(tuple, params.trainings), map(Path, files.records), strict=True)),
        params.rows,
        params.splits,
        {Path(path).stem: read_published(path) for path in files.published},
        PapersData(params.papers_images, papers_datasets(params.papers_videos, shots)),
    )
    write_csv(Path(snakemake.output.table), table.round(4))

"""Write the report of the run."""

from pathlib import Path

from mcnn.logs import logged
from mcnn.report.page import write_report
from mcnn.report.run_files import RunFiles

files, params = snakemake.input, snakemake.params


def named(keys, paths):
    """Each of some files by what it is of."""
    hashable = [key if isinstance(key, str) else tuple(key) for key in keys]
    return dict(zip(hashable, map(Path, paths), strict=True))


pictures = iter(files.sheets)
sheets = {
    tuple(localization): {name: Path(next(pictures)) for name in params.classes}
    for localization in params.drawn
}

with logged(snakemake.log[0]):
    write_report(
        RunFiles(
            config=Path(files.config),
            tables=named(params.tables, files.tables),
            shots=named(params.datasets, files.shots),
            pruned=named(params.trained_datasets, files.pruned),
            images=named(params.image_sets, files.images),
            records=named(params.trainings, files.records),
            histories=named(params.trainings, files.histories),
            selected=named(params.selections, files.selected),
            ious=named(params.evaluations, files.ious),
            confusions=named(params.evaluations, files.confusions),
            examples=named(params.illustrated, files.examples),
            latent_labels=named(params.chains, files.latent_labels),
            sheets=sheets,
            predictions=named(params.pictured, files.predictions),
            benchmarks=Path(params.benchmarks),
        ),
        Path(snakemake.output.report),
    )

"""Draw localized frames beside their motion masks."""

from pathlib import Path

from mcnn.artefacts.shots import read_shots
from mcnn.colocalization.sheets import draw_sheets
from mcnn.logs import logged

files, classes = snakemake.input, snakemake.params.classes

with logged(snakemake.log[0]):
    draw_sheets(
        map(Path, files.localized),
        Path(files.annotations),
        read_shots(files.shots),
        map(Path, files.masks),
        dict(zip(classes, map(Path, snakemake.output), strict=True)),
    )

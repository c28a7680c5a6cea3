"""Read a dataset's layout into its manifest."""

from pathlib import Path

from mcnn.config.data import VideoDataset
from mcnn.datasets.manifest import build_manifest, write_skipped
from mcnn.datasets.shots import write_shots
from mcnn.logs import logged

with logged(snakemake.log[0]):
    shots, skipped = build_manifest(
        VideoDataset(**snakemake.params.dataset),
        snakemake.params.classes,
        snakemake.params.on_error,
        {Path(split).stem: Path(split) for split in snakemake.input.splits},
    )
    write_skipped(skipped, snakemake.output.skipped)
    write_shots(shots, snakemake.output.shots)

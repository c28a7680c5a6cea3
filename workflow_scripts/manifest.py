"""Read a dataset's layout into its manifest."""

from pathlib import Path

from mcnn.artefacts.shots import write_shots
from mcnn.artefacts.skipped import write_skipped
from mcnn.config.datasets import VideoDataset
from mcnn.datasets.manifest import build_manifest
from mcnn.logs import logged

params = snakemake.params

with logged(snakemake.log[0]):
    shots, skipped = build_manifest(
        VideoDataset(format=params.format, root=params.root, shots=params.shots),
        params.classes,
        snakemake.config["on_error"],
        {Path(split).stem: Path(split) for split in snakemake.input.splits},
    )
    write_skipped(skipped, snakemake.output.skipped)
    write_shots(shots, snakemake.output.shots)

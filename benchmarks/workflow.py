"""Running the workflow on real videos."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]


def run_workflow(
    out: Path,
    settings: Mapping[str, Any],
    cores: int,
    targets: Sequence[str] = (),
    base: str = "own_videos",
) -> None:
    """Run Snakemake in a folder, with settings on top of those of config/<base>.yaml."""
    overlay = out / f"{settings['run']}.yaml"
    overlay.write_text(yaml.safe_dump(dict(settings), sort_keys=False))
    layers = [ROOT / "config.yaml", ROOT / "config" / f"{base}.yaml", overlay]
    subprocess.run(
        [
            *(sys.executable, "-m", "snakemake", *targets, "--cores", str(cores)),
            *("--quiet", "rules", "--snakefile", str(ROOT / "Snakefile")),
            *("--directory", str(out), "--configfile", *map(str, layers)),
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )

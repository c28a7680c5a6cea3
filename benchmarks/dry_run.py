"""Time of a dry run of config/paper.yaml, before and after the manifests of the datasets exist.

The manifests, all that the jobs depend on, have the official numbers of videos and shots. Prints
a JSON line for each.

    python benchmarks/dry_run.py [--repeats 3]
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mcnn.artefacts.shots import Shot, write_shots
from mcnn.label_space import YOUTUBE_OBJECTS_CLASSES

ROOT = Path(__file__).parents[1]
DATASETS = {"youtube_objects": (155, 2511), "imagenet_vid": (795, 2120)}
"""Videos and shots."""


def write_manifests(folder: Path) -> None:
    """Spread shots over videos and videos over classes."""
    for name, (videos, shots) in DATASETS.items():
        rows = []
        for k in range(shots):
            index, video = divmod(k, videos)
            tag = YOUTUBE_OBJECTS_CLASSES[video % len(YOUTUBE_OBJECTS_CLASSES)]
            first, pattern = 227 * k + 1, f"{tag}/%08d.jpg"
            rows.append(
                Shot(f"{tag}-{video}", index, first, first + 226, (tag,), "numbered", pattern, k)
            )
        data = folder / "results" / "paper" / "data" / name
        data.mkdir(parents=True)
        write_shots(rows, data / "shots.parquet")
        (data / "skipped.csv").write_text("item,reason\n")


def dry_run(folder: Path) -> dict[str, float]:
    """Jobs, trainings and seconds."""
    files = [str(ROOT / "config.yaml"), str(ROOT / "config" / "paper.yaml")]
    before = time.perf_counter()
    result = subprocess.run(
        [
            *(sys.executable, "-m", "snakemake", "--dry-run", "--snakefile", ROOT / "Snakefile"),
            *("--directory", folder, "--configfile", *files),
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    seconds = time.perf_counter() - before
    counts = {
        name: int(number)
        for name, number in re.findall(r"^(\w+) +(\d+)$", result.stdout, re.MULTILINE)
    }
    trainings = sum(count for name, count in counts.items() if name.startswith("train_"))
    return {"jobs": counts["total"], "trainings": trainings, "seconds": seconds}


def main() -> None:
    """Run and print the fastest of several."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for manifests in (False, True):
            if manifests:
                write_manifests(folder)
            best = min((dry_run(folder) for _ in range(repeats)), key=lambda row: row["seconds"])
            best["seconds"] = round(best["seconds"], 2)
            print(json.dumps({"benchmark": "dry_run", "manifests": manifests, **best}))


if __name__ == "__main__":
    main()

"""Time and memory of a dry run, before and after the manifests of the datasets exist.

The manifests, all that the jobs depend on, have the official numbers of videos and shots of what
config/paper.yaml asks for. With `--videos`, the demo's trainings on datasets of so many videos of a
shot each instead, and the localization of one by a model that is trained on another of 155. Jobs of
motion and of co-localization take several videos (`--videos-per-job`). Prints a JSON line for each:
trainings, jobs, seconds on the clock and of the processor, from a thousand jobs on the processor's
milliseconds a job without the start (a dry run of one video), and peak memory. A run that takes
longer or more memory than it may counts no jobs.

    python benchmarks/dry_run.py [--repeats 3] [--videos 3000 30000 [--videos-per-job 1 20]]
        [--timeout 600] [--memory-gb 12]
"""

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from mcnn.artefacts.shots import Shot, write_shots
from mcnn.label_space import YOUTUBE_OBJECTS_CLASSES

ROOT = Path(__file__).parents[1]
DATASETS = {"youtube_objects": (155, 2511), "imagenet_vid": (795, 2120)}
"""Videos and shots."""
TRAINED = 155
"""Videos of the dataset that the model of another's localization is trained on."""
CORLOC = "results/many/colocalization/m-cnn/seed0/finetuned/others/corloc.csv"

Row = dict[str, Any]


class Limits(NamedTuple):
    """Seconds and bytes that a dry run may take."""

    seconds: float
    memory: int


def write_manifests(folder: Path, run: str, datasets: Mapping[str, tuple[int, int]]) -> None:
    """Spread shots over videos and videos over classes."""
    for name, (videos, shots) in datasets.items():
        rows = []
        for k in range(shots):
            index, video = divmod(k, videos)
            tag = YOUTUBE_OBJECTS_CLASSES[video % len(YOUTUBE_OBJECTS_CLASSES)]
            first, pattern = 227 * k + 1, f"{tag}/%08d.jpg"
            rows.append(
                Shot(f"{tag}-{video}", index, first, first + 226, (tag,), "numbered", pattern, k)
            )
        data = folder / "results" / run / "data" / name
        data.mkdir(parents=True, exist_ok=True)
        write_shots(rows, data / "shots.parquet")
        (data / "skipped.csv").write_text("item,reason\n")


def dry_run(folder: Path, overlay: Path, limits: Limits, targets: Sequence[str] = ()) -> Row:
    """Jobs, trainings, seconds and memory."""
    before = time.perf_counter()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "snakemake", *targets, "--dry-run", "--quiet", "rules"),
            *("--snakefile", ROOT / "Snakefile", "--directory", folder),
            *("--configfile", ROOT / "config.yaml", overlay),
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory)),
    )
    assert process.stdout is not None
    timer = threading.Timer(limits.seconds, process.kill)
    timer.start()
    output = process.stdout.read()
    # Unlike `Popen.wait`, it tells what this process took.
    _, status, usage = os.wait4(process.pid, 0)
    timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    counts = dict(re.findall(r"^(\w+) +(\d+)$", output, re.MULTILINE))
    trainings = sum(int(count) for name, count in counts.items() if name.startswith("train_"))
    return {
        **{"exit_status": process.returncode, "trainings": trainings},
        "jobs": int(counts["total"]) if process.returncode == 0 else None,
        "seconds": round(time.perf_counter() - before, 2),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 2),
        # macOS counts in bytes, Linux in KiB.
        "peak_mib": round(usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)),
    }


def fastest(
    repeats: int, folder: Path, overlay: Path, limits: Limits, targets: Sequence[str] = ()
) -> Row:
    """The repeat that took the processor least."""
    rows = (dry_run(folder, overlay, limits, targets) for _ in range(repeats))
    return min(rows, key=lambda row: row["cpu_seconds"])


def the_paper(repeats: int, limits: Limits) -> None:
    """Print a row without manifests and one with them."""
    with tempfile.TemporaryDirectory() as name:
        for manifests in (False, True):
            if manifests:
                write_manifests(Path(name), "paper", DATASETS)
            row = fastest(repeats, Path(name), ROOT / "config" / "paper.yaml", limits)
            print(json.dumps({"benchmark": "dry_run", "manifests": manifests, **row}), flush=True)


def many_videos(sizes: Sequence[int], groups: Sequence[int], repeats: int, limits: Limits) -> None:
    """Print a row for all jobs of a dataset and one for the localization of another."""
    start: dict[str, Row] = {}
    with tempfile.TemporaryDirectory() as name:
        folder, overlay = Path(name), Path(name) / "many.yaml"
        for videos in (1, *sizes):
            for per_job in groups if videos > 1 else groups[:1]:
                overlay.write_text(yaml.safe_dump(_settings(per_job)))
                for what, targets in (("localization", [CORLOC]), ("all", [])):
                    trained = min(videos, TRAINED) if targets else videos
                    sizes_of = {"youtube_objects": (trained,) * 2, "others": (videos,) * 2}
                    write_manifests(folder, "many", sizes_of)
                    row = fastest(repeats, folder, overlay, limits, targets)
                    first = start.setdefault(what, row)
                    jobs = (row["jobs"] or 0) - (first["jobs"] or 0)
                    # Of fewer, the start's own ups and downs would be told.
                    if first["jobs"] and jobs >= 1000:
                        more = row["cpu_seconds"] - first["cpu_seconds"]
                        row["cpu_ms_per_job"] = round(1000 * more / jobs, 3)
                    made = {"what": what, "videos": videos, "videos_per_job": per_job}
                    print(json.dumps({"benchmark": "dry_run", **made, **row}), flush=True)


def _settings(videos_per_job: int) -> Row:
    """On top of config.yaml."""
    motion, truth = {"format": "segment"}, {"format": "youtube_objects_mat"}
    others = {"format": "youtube_objects", "root": "others", "motion": motion}
    return {
        **{"run": "many", "seeds": [0], "demo": {"enabled": False}},
        "targets": ["m-cnn/finetuned"],
        "datasets": {"others": {**others, "ground_truth": truth}},
        "motion": {"videos_per_job": videos_per_job},
        "colocalization": {"videos_per_job": videos_per_job},
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--videos", type=int, nargs="+")
    parser.add_argument("--videos-per-job", type=int, nargs="+", default=[1, 20])
    parser.add_argument("--timeout", type=float, default=600, help="seconds of a dry run")
    parser.add_argument("--memory-gb", type=float, default=12, help="of a dry run")
    given = parser.parse_args()
    limits = Limits(given.timeout, int(given.memory_gb * 1e9))
    if given.videos:
        many_videos(given.videos, given.videos_per_job, given.repeats, limits)
    else:
        the_paper(given.repeats, limits)


if __name__ == "__main__":
    main()

"""Time and memory to list YouTube-Objects at its full size.

Builds a tree of empty frame files with the dataset's numbers of videos, shots and frames in a
temporary folder, then reads it in a fresh process. Prints one JSON line.

    python benchmarks/manifest.py [--frames 570000] [--folder /scratch]
"""

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import scipy.io

from mcnn.artefacts.shots import write_shots
from mcnn.config.datasets import MotionMasks, VideoDataset
from mcnn.datasets.manifest import build_manifest
from mcnn.label_space import YOUTUBE_OBJECTS_CLASSES

VIDEOS, SHOTS = 155, 2511


def build(root: Path, frames: int) -> None:
    """Spread the videos, shots and frames evenly over the classes."""
    (root / "Ranges").mkdir()
    classes = len(YOUTUBE_OBJECTS_CLASSES)
    for i, name in enumerate(YOUTUBE_OBJECTS_CLASSES):
        count = len(range(i, frames, classes))
        shots = len(range(i, SHOTS, classes))
        videos = len(range(i, VIDEOS, classes))
        edges = np.linspace(1, count + 1, shots + 1).astype(int)
        video = 1 + np.arange(shots) * videos // shots
        ranges = np.stack([edges[:-1], edges[1:] - 1, video]).astype(float)
        scipy.io.savemat(root / "Ranges" / f"ranges_{name}.mat", {"ranges": ranges})
        (root / name).mkdir()
        for frame in range(1, count + 1):
            (root / name / f"{frame:08d}.jpg").touch()


def measure(root: Path) -> dict[str, float]:
    """List the dataset and write the manifest; runs in a process of its own."""
    before = time.perf_counter()
    motion = MotionMasks(format="png", root=str(root))
    dataset = VideoDataset(format="youtube_objects", root=str(root), motion=motion)
    shots, _ = build_manifest(dataset, YOUTUBE_OBJECTS_CLASSES, "stop")
    write_shots(shots, root / "shots.parquet")
    seconds = time.perf_counter() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "videos": len({shot.video for shot in shots}),
        "shots": len(shots),
        "frames": sum(shot.length for shot in shots),
        "seconds": round(seconds, 2),
        # macOS counts in bytes, Linux in KiB.
        "peak_rss_mib": round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1),
    }


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=570_000)
    parser.add_argument("--folder", help="where to build the tree; default: the temporary folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        build(Path(folder), arguments.frames)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            row = pool.apply(measure, (Path(folder),))
    print(json.dumps({"benchmark": "manifest", **row}))


if __name__ == "__main__":
    main()

"""How the time and the memory of each step grow with the number of videos.

Datasets of 1, 10 and 100 times some rendered videos (`growth_world.py`). Each step runs in a
process of its own, once a round, in turn with the other sizes. Prints a JSON line for each step
and size: seconds on the clock and of the processor, without the start of the process, medians of
the rounds; the processor's milliseconds a unit (a video, or a mini-batch), and these over those of
the first two sizes; memory of the process before the step (`start_mib`), and by how much its peak
lies above (`grown_mib`). That of a training should not depend on the number of videos.

    python benchmarks/growth.py [--videos 20] [--factors 1 10 100] [--rounds 3] [--steps prune ...]
        [--folder /scratch]
"""

import argparse
import json
import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from growth_world import World, build_worlds

from mcnn.artefacts.motion import read_areas
from mcnn.artefacts.pruned import write_pruned
from mcnn.artefacts.samples import SampleFile
from mcnn.artefacts.shots import read_shots, videos_of, write_shots
from mcnn.colocalization.score import score_motion, score_videos
from mcnn.config.demo import Demo
from mcnn.config.selection import Selection
from mcnn.config.shots import Pruning
from mcnn.config.training import Optimizer
from mcnn.datasets.manifest import build_manifest
from mcnn.shots.prune import prune
from mcnn.shots.sample import sample_shots
from mcnn.training.batches import MiniBatches
from mcnn.training.selection import select

CLASSES = Demo().classes
FRAMES_PER_SAMPLE = 2
BATCHES = 300
MEAN = (0.5, 0.5, 0.5)

Row = dict[str, Any]


def manifest(world: World) -> None:
    """Rule manifest: list the dataset."""
    shots, _ = build_manifest(world.dataset, CLASSES, "stop")
    write_shots(shots, world.folder / "listed.parquet")


def read_manifest(world: World) -> None:
    """What the jobs begin with."""
    videos_of(read_shots(world.shots))


def prune_shots(world: World) -> None:
    """Rule prune_shots."""
    areas = pd.concat([read_areas(path) for path in world.masks()])
    table = prune(read_shots(world.shots), areas, Pruning())
    write_pruned(table, world.folder / "pruned.csv")


def sample_frames(world: World) -> None:
    """Rule sample_frames; the file is the input of the steps from here on."""
    masks = {path.stem: path for path in world.masks()}
    output, pruned = world.folder / "samples.parquet", world.folder / "pruned.csv"
    shots = read_shots(world.shots)
    sample_shots(shots, pruned, masks, output, FRAMES_PER_SAMPLE, None, "stop")


def open_samples(world: World) -> MiniBatches:
    """What a training begins with."""
    return batches_of(world, "shots")


def batches_of(world: World, kind: str) -> MiniBatches:
    """Mini-batches of all samples."""
    samples = SampleFile(world.folder / "samples.parquet")
    settings = Optimizer.model_validate(
        {"crop_size": 97, "video_batches": kind, "sample_weights": "confidence"}
    )
    return MiniBatches(samples, range(len(samples)), [], CLASSES, settings, MEAN, seed=0)


def read_batches(batches: MiniBatches) -> None:
    """Mini-batches at random out of all samples."""
    for number in range(BATCHES):
        batches(number)


def select_shots(world: World) -> None:
    """Rule select_shots, by a small network that starts at random."""
    model = world.folder.parent / "model.safetensors"
    samples, output = world.folder / "samples.parquet", world.folder / "selected.csv"
    select(samples, model, output, Selection(min_iou=0), "cpu", threads=1)


def score_boxes(world: World) -> None:
    """Rule score_videos."""
    output = world.folder / "videos"
    score_videos(world.localized(), world.annotations, CLASSES, "any_box", output)


def score_masks(world: World) -> None:
    """Rule score_motion."""
    score_motion(world.masks(), world.annotations, CLASSES, "any_box", world.folder / "boxes")


Step = tuple[Callable[[World], Any], Callable[[Any], Any]]


def the_world(world: World) -> World:
    """Nothing has to be there beforehand."""
    return world


STEPS: dict[str, Step] = {
    **{
        step.__name__: (the_world, step)
        for step in (manifest, read_manifest, prune_shots, sample_frames, open_samples)
    },
    "train_on_shots": (lambda world: batches_of(world, "shots"), read_batches),
    "train_on_frames": (lambda world: batches_of(world, "frames"), read_batches),
    **{step.__name__: (the_world, step) for step in (select_shots, score_boxes, score_masks)},
}
"""What is made beforehand, and what is measured."""


def peak() -> float:
    """Peak memory of this process so far, in MiB."""
    # macOS counts in bytes, Linux in KiB.
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def measure(step: str, folder: Path) -> Row:
    """Run a step; in a process of its own, for its peak."""
    prepare, work = STEPS[step]
    start = peak()
    prepared = prepare(World(folder))
    clock, processor = time.perf_counter(), time.process_time()
    work(prepared)
    seconds, cpu = time.perf_counter() - clock, time.process_time() - processor
    return {"seconds": seconds, "cpu": cpu, "start_mib": start, "grown_mib": peak() - start}


def row(step: str, videos: int, rounds: list[Row]) -> Row:
    """Medians of the rounds."""
    medians = {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}
    units = BATCHES if step.startswith("train_on") else videos
    return {
        **{"benchmark": "growth", "step": step, "videos": videos},
        **{"seconds": round(medians["seconds"], 3), "cpu_seconds": round(medians["cpu"], 3)},
        "cpu_ms_per_unit": round(1000 * medians["cpu"] / units, 4),
        **{name: round(medians[name], 1) for name in ("start_mib", "grown_mib")},
    }


def in_its_own_process(function: Callable[..., Any], *arguments: Any) -> Any:
    """Result of a function in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def main() -> None:
    """Build, measure in turn, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--videos", type=int, default=20)
    parser.add_argument("--factors", type=int, nargs="+", default=[1, 10, 100])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=list(STEPS))
    parser.add_argument("--folder", help="where to build; default: the temporary folder")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folders = {factor: Path(name) / f"{factor}x" for factor in given.factors}
        in_its_own_process(build_worlds, Path(name), given.videos, given.factors)
        for step in given.steps:
            rounds: dict[int, list[Row]] = {factor: [] for factor in folders}
            for _ in range(given.rounds):
                for factor, folder in folders.items():
                    rounds[factor].append(in_its_own_process(measure, step, folder))
            rows: list[Row] = []
            for factor, measured in rounds.items():
                rows.append(row(step, factor * given.videos, measured))
                before = [each["cpu_ms_per_unit"] for each in rows[:2]]
                ratios = [round(rows[-1]["cpu_ms_per_unit"] / each, 3) for each in before]
                print(json.dumps({**rows[-1], "ratios": ratios}), flush=True)


if __name__ == "__main__":
    main()

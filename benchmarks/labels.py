"""Speed and memory of the label estimation beside GrabCut and the plain way to write it.

Prints one JSON line a row, all from one run: CPU milliseconds a frame of each shot and size and
their means, the steps of ours, time with one and with two threads, peak memory, the first call of
a process; then, with the outputs of a made-up network, time with one tag and with several, and that
of images by one and by two threads. The others are without a network. For the quality, see
label_quality.py.

    python benchmarks/labels.py FRAMES_ROOT MASKS_ROOT [--sizes 224x224 321x321 480x270 480x360]
        [--peer-frames 2] [--parts start speed steps threads tags images]

The roots hold a folder per sequence: frames, and PNG masks under the frames' names.
"""

import argparse
import json
import multiprocessing
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import cv2
import numpy as np
from label_passes import NETWORKS, frames_of, images, tags, threads
from label_shots import N_FRAMES, Shot, Size, read_shots
from peers import grab_cut, plain_maxflow
from threadpoolctl import threadpool_limits

from mcnn.config.labels import Labels
from mcnn.imaging.drawing import spread
from mcnn.labels import minimisation, motion_potential
from mcnn.labels.grid_cut import GridCut
from mcnn.labels.minimisation import EnergyMinimisation

OURS, GRABCUT, PLAIN = "ours", "grabcut", "plain"
"""Plain: PyMaxflow and scikit-learn."""
REPEATS = 3
"""Calls of ours that are averaged; the peers take long enough."""
MEMORY_SIZE = (480, 360)
PARTS = ("start", "speed", "steps", "threads", "tags", "images")
STEPS: dict[Any, list[str]] = {
    minimisation: ["network_potential", "boundary_band", "pairwise_weights", "unary_term"],
    motion_potential: ["quantise", "start", "refine", "_count", "_fit_and_evaluate"],
    GridCut: ["load", "minimise"],
}
"""Functions that are timed one by one."""


def predictor(threads: int = 1) -> EnergyMinimisation:
    """The predictor that a training makes once and calls for each mini-batch."""
    return EnergyMinimisation(Labels(), 1.0, motion=True, threads=threads)


def ours(shot: Shot, predict: EnergyMinimisation) -> np.ndarray:
    """Our labels of a shot, as bool."""
    flat = np.full((N_FRAMES, 2, *shot.masks.shape[1:]), 0.5, np.float32)
    return predict(frames_of(shot, flat)) == 1


def cpu_ms(function: Callable[[], Any], n_frames: int, repeats: int = 1) -> float:
    """CPU milliseconds a frame."""
    start = time.process_time()
    for _ in range(repeats):
        function()
    return 1000 * (time.process_time() - start) / repeats / n_frames


def show(**row: Any) -> None:
    """Print a row."""
    print(json.dumps(row), flush=True)


def rounded(values: dict[str, float], digits: int = 1) -> dict[str, float]:
    """Values for reading."""
    return {name: round(float(value), digits) for name, value in values.items()}


def speed(shots: list[Shot], size: str, peer_frames: int) -> None:
    """CPU time of each shot, and of all."""
    frames = list(spread(peer_frames, N_FRAMES))
    predict = predictor()
    ours(shots[-1], predict)  # Compiles, or loads what was compiled before.
    all_ms, all_ratios = [], []
    for shot in shots:
        rng = np.random.default_rng(0)
        plain = partial(plain_maxflow, shot.images, shot.masks, Labels(), rng, frames)
        ms = {
            OURS: cpu_ms(partial(ours, shot, predict), N_FRAMES, REPEATS),
            GRABCUT: cpu_ms(partial(grab_cut, shot.images, shot.masks), N_FRAMES),
            PLAIN: cpu_ms(plain, len(frames)),
        }
        ratios = {name: ms[name] / ms[OURS] for name in (GRABCUT, PLAIN)}
        show(size=size, shot=shot.name, ms_per_frame=rounded(ms), times_faster=rounded(ratios))
        all_ms.append(ms)
        all_ratios.append(ratios)
    mean = {name: float(np.mean([ms[name] for ms in all_ms])) for name in all_ms[0]}
    peers = all_ratios[0]
    show(
        size=size,
        shots=len(shots),
        mean_ms_per_frame=rounded(mean),
        frames_per_s=rounded({name: 1000 / value for name, value in mean.items()}),
        ratio_of_means=rounded({name: mean[name] / mean[OURS] for name in peers}),
        mean_of_ratios=rounded({name: np.mean([r[name] for r in all_ratios]) for name in peers}),
        smallest_ratio=rounded({name: min(r[name] for r in all_ratios) for name in peers}),
    )


def steps(shots: list[Shot], size: str) -> None:
    """CPU time of the functions that the predictor calls, by their names, over all shots."""
    spent: dict[str, float] = {}

    def timed(name: str, function: Callable) -> Callable:
        def call(*args: Any, **options: Any) -> Any:
            start = time.process_time()
            result = function(*args, **options)
            spent[name] = spent.get(name, 0.0) + time.process_time() - start
            return result

        return call

    with ExitStack() as patches:
        for owner, names in STEPS.items():
            for name in names:
                function = timed(name.strip("_"), getattr(owner, name))
                patches.enter_context(patch.object(owner, name, function))
        predict = predictor()
        total = sum(cpu_ms(partial(ours, shot, predict), N_FRAMES) for shot in shots) / len(shots)
    ms = {name: 1000 * value / N_FRAMES / len(shots) for name, value in spent.items()}
    show(size=size, step_ms=rounded({**ms, "rest": total - sum(ms.values()), "sum": total}))


def memory(frames: Path, masks: Path, size: Size) -> dict[str, float]:
    """Megabytes that labelling one shot adds to the peak of this process."""
    shot = read_shots(frames, masks, size)[0]
    small = Shot("", shot.images[:, ::8, ::8].copy(), shot.masks[:, ::8, ::8].copy())
    ours(small, predictor())
    unit = 2**20 if sys.platform == "darwin" else 2**10
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    ours(shot, predictor())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    return rounded({"peak_mb_before": before, "peak_mb": peak, "added_mb": peak - before})


FIRST_CALL = """
import time
start = time.perf_counter()
import numpy as np
from mcnn.config.labels import Labels
from mcnn.labels.arrays import PredictorInput
from mcnn.labels.minimisation import EnergyMinimisation
imported = time.perf_counter()
images = np.random.default_rng(0).integers(0, 48, (10, 32, 32, 3), np.uint8)
masks = np.zeros((10, 32, 32), bool)
masks[:, 8:20, 8:20] = True
flat = np.full((10, 2, 32, 32), 0.5, np.float32)
predictor = EnergyMinimisation(Labels(), 1.0, motion=True)
times = [time.perf_counter()]
for _ in range(2):
    rng = np.random.default_rng(0)
    predictor(PredictorInput(images, masks, np.ones_like(masks), flat, [1], rng))
    times.append(time.perf_counter())
print(imported - start, times[1] - times[0], times[2] - times[1])
"""
"""Frames so small and with so few colours that their labelling takes hardly any time."""


def first_call() -> None:
    """Wall seconds of import, first and second call in a fresh process with a warm cache."""
    command = [sys.executable, "-c", FIRST_CALL]
    subprocess.run(command, check=True, capture_output=True)  # Warms numba's cache.
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    values = map(float, output.split())
    names = ("import", "first_call", "second_call")
    show(fresh_process_s=rounded(dict(zip(names, values, strict=True)), 3))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("frames", type=Path, help="folder of a folder of frames per sequence")
    parser.add_argument("masks", type=Path, help="the same with PNG motion masks")
    parser.add_argument("--sizes", nargs="+", default=["224x224", "321x321", "480x270", "480x360"])
    parser.add_argument("--peer-frames", type=int, default=2, help="frames of the plain version")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    if "start" in arguments.parts:
        # First, because a process starts with the peak of the one that started it.
        first_call()
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            row = pool.submit(memory, arguments.frames, arguments.masks, MEMORY_SIZE).result()
        show(size="{}x{}".format(*MEMORY_SIZE), **row)
    with threadpool_limits(1):
        for size in arguments.sizes:
            width, height = map(int, size.split("x"))
            shots = read_shots(arguments.frames, arguments.masks, (width, height))
            if "speed" in arguments.parts:
                speed(shots, size, arguments.peer_frames)
            if "steps" in arguments.parts:
                steps(shots, size)
            if "threads" in arguments.parts:
                show(size=size, **threads(shots))
            for part, measure in (("tags", tags), ("images", images)):
                for network in NETWORKS if part in arguments.parts else ():
                    show(size=size, **measure(shots, network))


if __name__ == "__main__":
    main()

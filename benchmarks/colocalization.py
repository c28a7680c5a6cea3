"""Speed and memory of the co-localization, on real frames.

Prints one JSON line a row: frames per second, CPU milliseconds per frame and the peak of memory of
shots of several lengths, each in a process of its own; then the latter by step.
The network is SqueezeNet with random weights, whose time is that of a trained one; longer shots go
to and fro through the frames.

    python benchmarks/colocalization.py path/to/frames [--lengths 50 100 200] [--threads 2]
"""

import argparse
import json
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from PIL import Image

from mcnn.colocalization.segment import ObjectSegmentation
from mcnn.colocalization.shot import localize_shot
from mcnn.colocalization.windows import BATCH
from mcnn.config.colocalization import Colocalization
from mcnn.config.network import Network
from mcnn.imaging.boxes import box_of, largest_component
from mcnn.imaging.slic import segment_superpixels
from mcnn.networks.build import build_network
from mcnn.networks.scores import predict_probabilities

LABEL, N_LABELS = 1, 11


def read(folder: Path, size: tuple[int, int]) -> list[np.ndarray]:
    """Frames of a folder in the order of their names, at a size (width, height)."""
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".jpg", ".png"))
    images = (np.asarray(Image.open(path).convert("RGB")) for path in paths)
    return [cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in images]


def to_and_fro(frames: list[np.ndarray], length: int) -> Iterator[np.ndarray]:
    """A longer shot without cuts."""
    turn = frames + frames[-2:0:-1]
    yield from (turn[k % len(turn)] for k in range(length))


def squeezenet() -> Callable[[np.ndarray], np.ndarray]:
    """Softmax outputs that look like a trained network's: the middle of a frame is the object."""
    torch.manual_seed(0)
    network = build_network(Network(architecture="squeezenet1_1"), N_LABELS).eval()
    predict = partial(predict_probabilities, network)

    def probabilities(images: np.ndarray) -> np.ndarray:
        found = predict(images)
        height, width = images.shape[1:3]
        found[:] = 0.01
        found[:, 0] = 0.9
        middle = np.s_[:, :, height // 3 : 2 * height // 3, width // 3 : 2 * width // 3]
        found[middle][:, 0], found[middle][:, LABEL] = 0.1, 0.8
        return found

    return probabilities


def timed(repeats: int, function: Callable[[int], Any]) -> float:
    """Milliseconds a call of CPU time, after a first call that compiles."""
    function(0)
    start = time.process_time()
    for k in range(repeats):
        function(k)
    return 1000 * (time.process_time() - start) / repeats


def steps(frames: list[np.ndarray], settings: Colocalization) -> dict[str, Any]:
    """CPU milliseconds a frame of each step."""
    cv2.setNumThreads(1)
    network, slic = squeezenet(), partial(segment_superpixels, number=settings.superpixels)
    images = np.stack(frames[: settings.window])
    count = len(images)
    chosen = np.concatenate([network(images[k : k + 1])[:, [0, LABEL]] for k in range(count)])
    superpixels = [slic(image) for image in images]
    segment = ObjectSegmentation(images, chosen, settings, np.random.default_rng(0))
    masks = [segment(t, labels) for t, labels in enumerate(superpixels)]
    rng = np.random.default_rng(0)
    row = {
        "network": timed(4, lambda k: network(images[BATCH * k : BATCH * (k + 1)])) / BATCH,
        "superpixels": timed(count, lambda k: slic(images[k])),
        "mixtures": timed(1, lambda k: ObjectSegmentation(images, chosen, settings, rng)) / count,
        "energy": timed(count, lambda k: segment(k, superpixels[k])),
        "box": timed(count, lambda k: box_of(largest_component(masks[k]))),
    }
    row["sum"] = sum(row.values())
    return {"step_cpu_ms": {name: round(ms, 1) for name, ms in row.items()}}


def shot(
    folder: Path, size: tuple[int, int], settings: Colocalization, length: int, threads: int
) -> dict[str, Any]:
    """Time and memory of one shot."""
    torch.set_num_threads(threads)
    frames, network = read(folder, size), squeezenet()
    run = partial(localize_shot, labels={"object": LABEL}, network=network, settings=settings)
    list(run(iter(frames[:2]), range(2), threads=threads))
    unit = 2**20 if sys.platform == "darwin" else 2**10
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    start, cpu = time.perf_counter(), time.process_time()
    found = sum(
        item.box is not None
        for item in run(to_and_fro(frames, length), range(length), threads=threads)
    )
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    return {
        "frames": length,
        "threads": threads,
        "frames_per_s": round(length / wall, 2),
        "cpu_ms_per_frame": round(1000 * cpu / length, 1),
        "boxes": found,
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit),
        "peak_mb_before": round(before),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("frames", type=Path, help="folder of the frames of a shot")
    parser.add_argument("--size", default="480x270")
    parser.add_argument("--lengths", type=int, nargs="+", default=[50, 100, 200])
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    width, height = map(int, arguments.size.split("x"))
    settings = Colocalization()
    context = multiprocessing.get_context("spawn")
    for length in arguments.lengths:
        # A process of its own, so that the peak is this shot's.
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            row = pool.submit(
                shot, arguments.frames, (width, height), settings, length, arguments.threads
            ).result()
        print(json.dumps({"size": arguments.size, **row}), flush=True)
    torch.set_num_threads(arguments.threads)
    row = steps(read(arguments.frames, (width, height)), settings)
    print(json.dumps({"size": arguments.size, "threads": arguments.threads, **row}), flush=True)


if __name__ == "__main__":
    main()

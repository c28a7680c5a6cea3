"""Speed and memory of the motion segmentation, on real frames.

Prints one JSON line a row: milliseconds per frame of each step; time and peak memory of shots of
50, 200 and 800 frames, each in a process of its own; and how much faster two threads are than one,
in turns. Longer shots go to and fro through the frames.

    python benchmarks/motion.py path/to/frames [--lengths 50 200 800] [--preset default]
"""

import argparse
import json
import multiprocessing
import resource
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from mcnn.config.motion import MotionSegmentation
from mcnn.imaging.resize import reduce_frame
from mcnn.imaging.slic import segment_superpixels
from mcnn.motion.camera import camera_motion
from mcnn.motion.features import compare_frames, inside_map
from mcnn.motion.flow import flow_method
from mcnn.motion.foreground import label_frames
from mcnn.motion.refine import refine_masks
from mcnn.motion.saliency import colour_saliency, motion_saliency
from mcnn.motion.segment import segment_shot
from mcnn.motion.superpixels import describe, link, mean_over


def read(folder: str) -> list[np.ndarray]:
    """Frames of a folder in the order of their names."""
    paths = sorted(p for p in Path(folder).iterdir() if p.suffix.lower() in (".jpg", ".png"))
    return [np.asarray(Image.open(path).convert("RGB")) for path in paths]


def to_and_fro(frames: list[np.ndarray], length: int) -> Iterator[np.ndarray]:
    """A longer shot without cuts."""
    turn = frames + frames[-2:0:-1]
    yield from (turn[k % len(turn)] for k in range(length))


def timed(repeats: int, function: Callable[[int], Any]) -> float:
    """Milliseconds a call of CPU time, after a first call that compiles."""
    function(0)
    start = time.process_time()
    for k in range(repeats):
        function(k)
    return 1000 * (time.process_time() - start) / repeats


def steps(folder: str, settings: MotionSegmentation) -> None:
    """Print the milliseconds a frame of each step."""
    cv2.setNumThreads(1)
    frames = read(folder)
    images = [reduce_frame(frame, settings.longer_side) for frame in frames]
    slic = settings.superpixels, settings.compactness, settings.slic_iterations
    labels = [segment_superpixels(image, *slic) for image in images]
    known = [describe(image, label) for image, label in zip(images, labels, strict=True)]
    salient = settings.cues == "saliency"
    if salient:
        known = [
            replace(each, saliency=mean_over(colour_saliency(image), each))
            for each, image in zip(known, images, strict=True)
        ]
    estimate = flow_method(settings)
    flows = [estimate(*pair) for pair in pairwise(images)]
    pairs = [
        compare_frames(
            (images[k], images[k + 1]), (known[k], known[k + 1]), estimate, None, settings
        )
        for k in range(len(flows))
    ]
    found = label_frames(known, pairs, settings).labels
    masks = [chosen[each.labels] for chosen, each in zip(found, known, strict=True)]
    n = min(20, len(flows))
    cue = motion_saliency if salient else partial(inside_map, settings=settings)
    row = {
        "reduce": timed(n, lambda k: reduce_frame(frames[k], settings.longer_side)),
        "superpixels": timed(n, lambda k: segment_superpixels(images[k], *slic)),
        "describe": timed(n, lambda k: describe(images[k], labels[k])),
        "flow": timed(n, lambda k: estimate(images[k], images[k + 1])),
        "camera": timed(n, lambda k: flows[k] - camera_motion(flows[k])),
        "motion cue": timed(n, lambda k: cue(flows[k])),
        "colours": timed(n, lambda k: colour_saliency(images[k])) if salient else 0,
        "links": timed(n, lambda k: link(flows[k], known[k], known[k + 1])),
        "labelling": timed(3, lambda k: label_frames(known, pairs, settings)) / len(frames),
    }
    if settings.refine:
        row["refine"] = timed(3, lambda k: refine_masks(images, masks)) / len(frames)
    row["sum"] = sum(row.values())
    print(json.dumps({"step_ms": {name: round(ms, 1) for name, ms in row.items()}}), flush=True)


def shot(folder: str, settings: MotionSegmentation, length: int) -> dict[str, Any]:
    """Time and memory of one shot."""
    frames = read(folder)
    segment_shot(frames[:3], settings)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    wall, cpu = time.perf_counter(), time.process_time()
    result = segment_shot(to_and_fro(frames, length), settings)
    area = float(np.mean([mask.mean() for mask in result.masks()]))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {
        "frames": length,
        "frames_per_s": round(length / wall, 1),
        "cpu_ms_per_frame": round(1000 * cpu / length, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "peak_mb_before": round(before),
        "windows": result.windows,
        "foreground": round(area, 4),
    }


def scaling(folder: str, settings: MotionSegmentation, length: int, repeats: int) -> None:
    """Print the frames per second of one and of two threads, and the median of their ratio."""
    frames = read(folder)
    segment_shot(frames[:3], settings)
    seconds = np.empty((repeats, 2))
    for k in range(repeats):
        for threads in (1, 2):
            start = time.perf_counter()
            segment_shot(to_and_fro(frames, length), settings, threads=threads)
            seconds[k, threads - 1] = time.perf_counter() - start
    ratios = seconds[:, 0] / seconds[:, 1]
    row = {
        "frames": length,
        "frames_per_s": (length / np.median(seconds, axis=0)).round(1).tolist(),
        "two_threads_over_one": [round(q, 2) for q in np.quantile(ratios, [0, 0.5, 1]).tolist()],
    }
    print(json.dumps(row), flush=True)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("frames", help="folder of the frames of a shot")
    parser.add_argument("--lengths", type=int, nargs="+", default=[50, 200, 800])
    parser.add_argument("--preset", default="default")
    arguments = parser.parse_args()
    settings = MotionSegmentation(preset=arguments.preset)
    steps(arguments.frames, settings)
    context = multiprocessing.get_context("spawn")
    for length in arguments.lengths:
        # A process of its own, so that the peak is this shot's.
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            row = pool.submit(shot, arguments.frames, settings, length).result()
        print(json.dumps(row), flush=True)
    scaling(arguments.frames, settings, arguments.lengths[0], repeats=5)


if __name__ == "__main__":
    main()

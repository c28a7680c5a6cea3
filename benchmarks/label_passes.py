"""Passes over all shots in turns: numbers of threads, numbers of tags, tagged images."""

import hashlib
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import cv2
import numpy as np
from label_shots import N_FRAMES, Shot

from mcnn.config.labels import Labels
from mcnn.labels.arrays import PredictorInput
from mcnn.labels.minimisation import EnergyMinimisation
from mcnn.labels.predictors import label_each

PASSES = 7
TAGS = (1, 2, 3)
STRIDE = 8
"""Of the network whose outputs are made up."""


class Certainty(NamedTuple):
    """How far apart a network's scores are, before the softmax.

    Attributes
    ----------
    object
        Of object and background.
    tag
        Deviation of the score of a tag from place to place, over some 30 pixels.
    noise
        Deviation of a score from one position to the next.
    """

    object: float
    tag: float
    noise: float


NETWORKS = {"unsure": Certainty(1.5, 0.15, 0.1), "sure": Certainty(8.0, 0.8, 0.25)}
"""Like SqueezeNet after about ten and after fifty updates."""


def network_outputs(masks: np.ndarray, n_tags: int, network: Certainty) -> np.ndarray:
    """Softmax ``(T, 1 + n_tags, H, W)`` of a network that sees masks ``(T, H, W)``.

    What is object is the same for any number of tags, which share it.
    """
    rng = np.random.default_rng(0)
    n_frames, height, width = masks.shape
    coarse = -(-width // STRIDE), -(-height // STRIDE)
    noise = rng.normal(0, network.noise, (n_frames, 2, *coarse[::-1]))
    blurred = [
        cv2.GaussianBlur(cv2.resize(mask.astype(np.float32), coarse), (0, 0), 1.5) for mask in masks
    ]
    sides = noise + network.object * np.stack([-np.array(blurred), np.array(blurred) - 1], 1) / 2
    fields = rng.normal(size=(n_tags, *coarse[::-1]))
    fields = np.stack([cv2.GaussianBlur(field, (0, 0), 4) for field in fields])
    fields *= network.tag / fields.std()
    tags = fields + rng.normal(0, network.noise, (n_frames, *fields.shape))
    background, share = _softmax(_enlarged(sides, masks))[:, :1], _softmax(_enlarged(tags, masks))
    return np.concatenate([background, (1 - background) * share], 1).astype(np.float32)


def _enlarged(scores: np.ndarray, masks: np.ndarray) -> np.ndarray:
    size = masks.shape[2], masks.shape[1]
    return np.stack([[cv2.resize(each, size) for each in frame] for frame in scores])


def _softmax(scores: np.ndarray) -> np.ndarray:
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def frames_of(shot: Shot, outputs: np.ndarray, tags: range = range(1, 2)) -> PredictorInput:
    """A shot as the predictor gets it."""
    valid, rng = np.ones_like(shot.masks), np.random.default_rng(0)
    return PredictorInput(shot.images, shot.masks, valid, outputs, tags, rng)


def in_turns(
    work: Mapping[Any, Callable[[Shot], Any]], shots: list[Shot], clock: Callable[[], float]
) -> dict[Any, np.ndarray]:
    """Milliseconds a frame ``(PASSES, len(shots))`` of each work, one pass after the other."""
    times: dict[Any, list[list[float]]] = {name: [] for name in work}
    # The first pass of each takes the memory that the others find.
    for _ in range(1 + PASSES):
        for name, function in work.items():
            times[name].append([])
            for shot in shots:
                start = clock()
                function(shot)
                times[name][-1].append(1000 * (clock() - start) / N_FRAMES)
    return {name: np.array(of_passes[1:]) for name, of_passes in times.items()}


def medians(times: Mapping[Any, np.ndarray]) -> dict[str, float]:
    """Median over the passes of the mean over the shots."""
    return {str(name): round(float(np.median(of.mean(1))), 1) for name, of in times.items()}


def ratios(numerator: np.ndarray, denominator: np.ndarray) -> dict[str, float]:
    """Least, median and largest over the passes, and the median of the worst shot."""
    of_passes = numerator.mean(1) / denominator.mean(1)
    row = {"min": of_passes.min(), "median": np.median(of_passes), "max": of_passes.max()}
    row["worst_shot"] = np.median(numerator / denominator, axis=0).max()
    return {name: round(float(value), 2) for name, value in row.items()}


def threads(shots: list[Shot]) -> dict[str, Any]:
    """Wall time of one tag without a network, by one and by two threads."""
    flat = np.full((N_FRAMES, 2, *shots[0].masks.shape[1:]), 0.5, np.float32)
    predictors = {n: EnergyMinimisation(Labels(), 1.0, motion=True, threads=n) for n in (1, 2)}
    work = {
        n: lambda shot, predict=predict: predict(frames_of(shot, flat))
        for n, predict in predictors.items()
    }
    times = in_turns(work, shots, time.perf_counter)
    return {
        "wall_ms_per_frame": medians(times),
        "times_faster_with_two": ratios(times[1], times[2]),
        "machine_allows": round(ceiling(), 2),
    }


def tags(shots: list[Shot], network: str) -> dict[str, Any]:
    """CPU time by the number of tags, of the same frames and masks."""
    work = {}
    for n in TAGS:
        outputs = {shot.name: network_outputs(shot.masks, n, NETWORKS[network]) for shot in shots}
        predict = EnergyMinimisation(Labels(), 1.0, motion=True)
        work[n] = partial(_labelled, predict, outputs, range(1, n + 1))
    times = in_turns(work, shots, time.process_time)
    return {
        "network": network,
        "cpu_ms_per_frame_by_tags": medians(times),
        **{f"times_one_tag_with_{n}": ratios(times[n], times[1]) for n in TAGS[1:]},
    }


def _labelled(
    predict: EnergyMinimisation, outputs: dict[str, np.ndarray], tags: range, shot: Shot
) -> np.ndarray:
    return predict(frames_of(shot, outputs[shot.name], tags))


def images(shots: list[Shot], network: str) -> dict[str, Any]:
    """Wall time of frames that are images with a tag each, by the network and colours alone."""
    outputs = {shot.name: network_outputs(shot.masks, 1, NETWORKS[network]) for shot in shots}

    def singly(shot: Shot) -> list[PredictorInput]:
        frames = frames_of(shot, outputs[shot.name])
        maps = zip(shot.images, shot.masks, frames.valid, frames.probabilities, strict=True)
        return [PredictorInput(*(m[None] for m in each), [1], frames.rng) for each in maps]

    predictors = {n: EnergyMinimisation(Labels(), 1.0, motion=False, threads=n) for n in (1, 2)}
    work = {
        n: lambda shot, predict=predict: label_each(predict, singly(shot))
        for n, predict in predictors.items()
    }
    times = in_turns(work, shots, time.perf_counter)
    return {
        "images": "network_only",
        "network": network,
        "wall_ms_per_image": medians(times),
        "times_faster_with_two": ratios(times[1], times[2]),
    }


def ceiling() -> float:
    """How much faster two threads are at what shares neither memory nor locks: hashing."""
    data = bytes(50_000_000)
    wall = {1: np.inf, 2: np.inf}
    for number in (1, 2) * 3:
        with ThreadPoolExecutor(number) as pool:
            start = time.perf_counter()
            list(pool.map(hashlib.sha256, (data, data)))
            wall[number] = min(wall[number], time.perf_counter() - start)
    return float(wall[1] / wall[2])

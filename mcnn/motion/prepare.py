"""Superpixels, flow and inside ratios of the frames of a shot, several frames at a time."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain, pairwise, repeat
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from mcnn.config.motion import MotionSegmentation
from mcnn.imaging.slic import segment_superpixels
from mcnn.motion.features import Pair, compare_frames
from mcnn.motion.flow import fit_flow, flow_method
from mcnn.motion.saliency import colour_saliency
from mcnn.motion.superpixels import Superpixels, describe, mean_over

Frame = NDArray[np.uint8]
A = TypeVar("A")
B = TypeVar("B")


@dataclass(frozen=True)
class Prepared:
    """A frame ``(h, w, 3)`` uint8 RGB at working size, and its superpixels."""

    image: Frame
    superpixels: Superpixels


def prepare_frames(
    images: Iterator[Frame],
    settings: MotionSegmentation,
    flows: Iterable[NDArray[np.float32]] | None,
    superpixels: Iterable[NDArray[np.int32]] | None,
    threads: int,
) -> Iterator[tuple[Prepared, Pair | None]]:
    """Each frame with its superpixels, and its comparison with the frame before.

    Parameters
    ----------
    images
        ``(h, w, 3)`` uint8 RGB at working size.
    settings
        The section of the configuration.
    flows, superpixels
        Known ones; see `mcnn.motion.segment.segment_shot`.
    threads
        Frames that are worked on at the same time.

    Yields
    ------
    frame : Prepared
    pair : Pair or None
        Its comparison with the frame before; None for the first frame.

    Raises
    ------
    ValueError
        If known flow or superpixels are not of the size of the frames.
    """
    estimate = flow_method(settings)
    missing = object()

    def describe_frame(item: tuple[Frame, NDArray[np.int32] | None]) -> Prepared:
        image, labels = item
        if labels is None:
            labels = segment_superpixels(
                image, settings.superpixels, settings.compactness, settings.slic_iterations
            )
        _same_size("superpixels", labels, image)
        superpixels = describe(image, labels)
        if settings.cues == "saliency":
            salient = mean_over(colour_saliency(image), superpixels)
            superpixels = replace(superpixels, saliency=salient)
        return Prepared(image, superpixels)

    def compare(
        item: tuple[tuple[Prepared, Prepared], NDArray[np.float32] | None],
    ) -> tuple[Prepared, Pair]:
        (first, second), flow = item
        if flow is not None:
            _same_shape("flow", flow, first.image)
            flow = fit_flow(flow, first.image.shape[:2])
        known = first.superpixels, second.superpixels
        pair = compare_frames((first.image, second.image), known, estimate, flow, settings)
        return second, pair

    with ThreadPoolExecutor(threads) as pool:
        known: Iterable[Any] = repeat(None) if superpixels is None else superpixels
        labelled = zip(images, known, strict=False)
        described = _ordered(pool, threads, describe_frame, labelled)
        start = next(described, missing)
        if not isinstance(start, Prepared):
            return
        yield start, None
        couples = pairwise(chain([start], described))
        given: Iterable[Any] = repeat(None) if flows is None else flows
        followed = zip(couples, given, strict=False)
        yield from _ordered(pool, threads, compare, followed)


def _ordered(
    pool: ThreadPoolExecutor, threads: int, function: Callable[[A], B], items: Iterable[A]
) -> Iterator[B]:
    """Results of a function in the order of the items, a few of them computed ahead."""
    if threads == 1:
        yield from map(function, items)
        return
    waiting: deque[Future[B]] = deque()
    for item in items:
        waiting.append(pool.submit(function, item))
        if len(waiting) > 2 * threads:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _same_size(name: str, array: NDArray[np.generic], image: Frame) -> None:
    if array.shape[:2] != image.shape[:2]:
        raise ValueError(f"the {name} are {array.shape[:2]}, the frame is {image.shape[:2]}")


def _same_shape(name: str, array: NDArray[np.generic], image: Frame) -> None:
    """Refuse fields whose sides are not in the ratio of the frame's, within a pixel."""
    (height, width), (rows, columns) = array.shape[:2], image.shape[:2]
    if abs(height * columns / width - rows) > 1:
        raise ValueError(f"the {name} are {(height, width)}, the frame is {(rows, columns)}")

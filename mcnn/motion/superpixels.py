"""Superpixels, their colours and neighbours, and their links from frame to frame."""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int32]


@dataclass(frozen=True)
class Superpixels:
    """The n superpixels of a frame.

    Parameters
    ----------
    labels
        ``(H, W)`` int32, 0 to n - 1; some may be empty.
    sizes
        ``(n,)`` pixels.
    colours
        ``(n, 3)`` mean RGB in [0, 255].
    pairs
        ``(e, 2)`` 8-adjacent superpixels, each pair once.
    distances
        ``(e,)`` distance of the two centres, in pixels.
    saliency
        ``(n,)`` in [0, 1], mean of `mcnn.motion.saliency.colour_saliency`; None where it is not
        asked for.
    """

    labels: Labels
    sizes: NDArray[np.int64]
    colours: NDArray[np.float64]
    pairs: NDArray[np.int32]
    distances: NDArray[np.float64]
    saliency: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Links:
    """Where the flow takes the pixels of each superpixel.

    Parameters
    ----------
    source, target
        ``(l,)`` superpixel of a frame and of the next one.
    overlap
        ``(l,)`` share of the source's pixels that land in the target.
    """

    source: NDArray[np.int32]
    target: NDArray[np.int32]
    overlap: NDArray[np.float64]


def describe(frame: NDArray[np.uint8], labels: Labels) -> Superpixels:
    """Colours and neighbours of the superpixels of a frame.

    Parameters
    ----------
    frame
        ``(H, W, 3)`` uint8, RGB.
    labels
        ``(H, W)`` int32 from 0.
    """
    count = int(labels.max()) + 1
    sums = _sums(frame, labels, count)
    sizes = sums[:, 5].astype(np.int64)
    means = sums[:, :5] / np.maximum(sums[:, 5:], 1)
    pairs = _neighbours(labels, count)
    offset = means[pairs[:, 0], 3:] - means[pairs[:, 1], 3:]
    distances = np.sqrt((offset**2).sum(1))
    return Superpixels(labels, sizes, means[:, :3], pairs, distances)


def mean_over(values: NDArray[np.float32], superpixels: Superpixels) -> NDArray[np.float64]:
    """Mean of ``(H, W)`` values over each superpixel, as ``(n,)``."""
    sums = _weighted(superpixels.labels.ravel(), values.ravel(), len(superpixels.sizes))
    return np.asarray(sums / np.maximum(superpixels.sizes, 1))


def link(flow: NDArray[np.float32], first: Superpixels, second: Superpixels) -> Links:
    """Follow the pixels of each superpixel along the flow into the next frame.

    Parameters
    ----------
    flow
        ``(H, W, 2)`` float32 in (x, y), from the first frame to the second.
    first, second
        Superpixels of the two frames. Pixels that leave the frame land nowhere.
    """
    source, target, count = _links(
        flow, first.labels, second.labels, len(first.sizes), len(second.sizes)
    )
    return Links(source, target, count / first.sizes[source])


@numba.njit(cache=True, nogil=True)
def _sums(frame, labels, count):  # type: ignore[no-untyped-def]
    sums = np.zeros((count, 6))
    height, width = labels.shape
    for y in range(height):
        for x in range(width):
            row = sums[labels[y, x]]
            for channel in range(3):
                row[channel] += frame[y, x, channel]
            row[3] += y
            row[4] += x
            row[5] += 1
    return sums


@numba.njit(cache=True, nogil=True)
def _weighted(labels, values, count):  # type: ignore[no-untyped-def]
    sums = np.zeros(count)
    for k in range(len(labels)):
        sums[labels[k]] += values[k]
    return sums


@numba.njit(cache=True, nogil=True)
def _neighbours(labels, count):  # type: ignore[no-untyped-def]
    """Pairs of 8-adjacent labels; a label has few neighbours, so a short list each will do."""
    capacity = 64
    known = np.empty((count, capacity), np.int32)
    filled = np.zeros(count, np.int32)
    height, width = labels.shape
    total = 0
    for y in range(height):
        for x in range(width):
            a = labels[y, x]
            for k in range(4):
                ny = y + (k > 0)
                nx = x + 1 if k == 0 else x + k - 2
                if ny >= height or nx < 0 or nx >= width:
                    continue
                b = labels[ny, nx]
                if a == b:
                    continue
                low, high = min(a, b), max(a, b)
                n = filled[low]
                seen = n == capacity
                for m in range(n):
                    if known[low, m] == high:
                        seen = True
                        break
                if not seen:
                    known[low, n] = high
                    filled[low] += 1
                    total += 1
    pairs = np.empty((total, 2), np.int32)
    k = 0
    for low in range(count):
        for m in range(filled[low]):
            pairs[k, 0] = low
            pairs[k, 1] = known[low, m]
            k += 1
    return pairs


@numba.njit(cache=True, nogil=True)
def _links(flow, first, second, first_count, second_count):  # type: ignore[no-untyped-def]
    """Occurring (source, target) and their numbers of pixels, sorted by source."""
    height, width = first.shape
    starts = np.zeros(first_count + 1, np.int64)
    for y in range(height):
        for x in range(width):
            starts[first[y, x] + 1] += 1
    starts = np.cumsum(starts)
    position = starts[:-1].copy()
    landing = np.empty(height * width, np.int32)
    for y in range(height):
        for x in range(width):
            ty = int(np.rint(y + flow[y, x, 1]))
            tx = int(np.rint(x + flow[y, x, 0]))
            a = first[y, x]
            inside = 0 <= ty < height and 0 <= tx < width
            landing[position[a]] = second[ty, tx] if inside else -1
            position[a] += 1
    source = np.empty(height * width, np.int32)
    target = np.empty(height * width, np.int32)
    number = np.empty(height * width, np.float64)
    slot = np.full(second_count, -1, np.int64)
    total = 0
    for a in range(first_count):
        begin = total
        for k in range(starts[a], starts[a + 1]):
            b = landing[k]
            if b < 0:
                continue
            if slot[b] < begin:
                slot[b] = total
                source[total] = a
                target[total] = b
                number[total] = 0
                total += 1
            number[slot[b]] += 1
    return source[:total].copy(), target[:total].copy(), number[:total].copy()

"""Regions of a labelled shot, connected in space and along the flow, and which of them matter."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from mcnn.motion.superpixels import Links, Superpixels

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

LEAST_OVERLAP = 0.3
"""Share of a superpixel that has to land in another one for the two to be connected."""
FULL_AREA = 300
"""Pixels from which a region counts in full in a frame."""
BESIDE = 0.9
"""Share of a region's frames in which another one has to be there to be compared with it."""
_STILL = 0.02


def regions(frames: Sequence[Superpixels], links: Sequence[Links], labels: Sequence[Bools]) -> Ints:
    """Number the connected regions of the foreground.

    Parameters
    ----------
    frames, links
        Superpixels of T frames, and links of the T - 1 pairs.
    labels
        For each frame ``(n_t,)`` bool.

    Returns
    -------
    ndarray, int64, shape (sum of n_t,)
        Region of each superpixel, from 0; -1 in the background.
    """
    offsets = np.concatenate([[0], np.cumsum([len(frame.sizes) for frame in frames])])
    first, second = [], []
    for frame, offset in zip(frames, offsets, strict=False):
        first.append(frame.pairs[:, 0] + offset)
        second.append(frame.pairs[:, 1] + offset)
    for link, here, there in zip(links, offsets, offsets[1:], strict=False):
        kept = link.overlap > LEAST_OVERLAP
        first.append(link.source[kept] + here)
        second.append(link.target[kept] + there)
    i, j = np.concatenate(first), np.concatenate(second)
    foreground = np.concatenate(labels)
    kept = foreground[i] & foreground[j]
    graph = coo_array((np.ones(kept.sum()), (i[kept], j[kept])), (offsets[-1], offsets[-1]))
    component = connected_components(graph, directed=False)[1]
    result = np.full(len(foreground), -1, np.int64)
    result[foreground] = np.unique(component[foreground], return_inverse=True)[1]
    return result


def drop_weak(
    frames: Sequence[Superpixels],
    links: Sequence[Links],
    labels: Sequence[Bools],
    motion: Sequence[Floats],
    least: float,
) -> list[Bools]:
    """Leave out regions that are weak beside another one.

    Water glitters for a while, what moves by itself moves on. The strength of a region is its mean
    motion, summed over its frames. It is compared with that of regions that are there in nearly all
    of its frames: what comes before or after it, as the same object behind a tree, is no rival.

    Parameters
    ----------
    frames, links, labels
        See `regions`.
    motion
        For each frame ``(n_t,)``, how far the superpixels seem to move by themselves.
    least
        Share of a rival's strength.

    Returns
    -------
    list of ndarray, bool, shape (n_t,)
    """
    splits = np.cumsum([len(frame.sizes) for frame in frames])[:-1]
    region = regions(frames, links, labels)
    count = int(region.max(initial=-1)) + 1
    if count < 2:
        return list(labels)
    inside = region >= 0
    area = np.concatenate([frame.sizes for frame in frames])[inside].astype(float)
    time = np.repeat(np.arange(len(frames)), [len(frame.sizes) for frame in frames])[inside]
    shape = (count, len(frames))
    code = np.ravel_multi_index((region[inside], time), shape)
    size = np.bincount(code, area, count * len(frames)).reshape(shape)
    weighted = np.bincount(code, area * np.concatenate(motion)[inside], count * len(frames))
    mean = weighted.reshape(shape) / np.maximum(size, 1)
    strength = (mean * np.minimum(size / FULL_AREA, 1)).sum(1)
    there = (size > 0).astype(float)
    rival = there @ there.T >= BESIDE * there.sum(1, keepdims=True)
    kept = strength >= least * (rival * strength).max(1)
    return np.split(inside & kept[region], splits)


def boundary_contrast(
    frames: Sequence[Superpixels], motions: Sequence[Floats | None], labels: Sequence[Bools]
) -> float:
    """How much more the motion changes at the boundary of the foreground than elsewhere.

    Parameters
    ----------
    frames
        Superpixels of T frames.
    motions
        For each frame ``(n_t, 2)`` mean flow, or None; of the first frames, if they are fewer.
    labels
        For each frame ``(n_t,)`` bool.

    Returns
    -------
    float
        Mean distance of motions of neighbours of different labels, over the mean of all neighbours
        (and a little), averaged over the frames that have such; 0 without one.
    """
    contrasts = []
    for frame, motion, foreground in zip(frames, motions, labels, strict=False):
        first, second = frame.pairs.T
        across = foreground[first] != foreground[second]
        if motion is not None and across.any():
            distance = np.sqrt(((motion[first] - motion[second]) ** 2).sum(1))
            contrasts.append(distance[across].mean() / (distance.mean() + _STILL))
    return float(np.mean(contrasts)) if contrasts else 0.0

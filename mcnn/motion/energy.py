"""Pairwise terms of the spatio-temporal energy (Papazoglou & Ferrari, section 3)."""

from collections.abc import Sequence
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from mcnn.graph_cut import Edges
from mcnn.motion.superpixels import Links, Superpixels

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_STILL = 0.01


def pairwise(
    frames: Sequence[Superpixels],
    links: Sequence[Links],
    spatial_weight: float,
    temporal_weight: float,
    motions: Sequence[Floats | None] = (),
    motion_contrast: float = 0.0,
) -> Edges:
    """Contrast-sensitive terms between neighbours in a frame and linked superpixels.

    Parameters
    ----------
    frames
        Superpixels of T frames.
    links
        Of the T - 1 pairs of frames.
    spatial_weight
        Factor on ``exp(-b d^2) / distance`` of the centres in pixels, d the distance of the
        colours and b half the inverse mean of ``d^2 / distance``.
    temporal_weight
        Factor on ``overlap * exp(-b d^2)``, b being half the inverse mean of ``overlap * d^2``.
    motions
        For each frame ``(n_t, 2)`` mean flow, or None; of the first frames, if they are fewer.
    motion_contrast
        With it, neighbours count ``exp(-motion_contrast * c m^2)`` of that, m the distance of their
        motions and c half the inverse of the mean of m^2 in the frame, of at least 0.01.
    """
    offsets = np.concatenate([[0], np.cumsum([len(f.sizes) for f in frames])])
    colours = np.concatenate([f.colours for f in frames])
    pairs = np.concatenate([f.pairs + o for f, o in zip(frames, offsets, strict=False)])
    nearness = 1 / np.maximum(np.concatenate([f.distances for f in frames]), 1e-6)
    spatial = _contrast(colours, pairs[:, 0], pairs[:, 1], nearness, spatial_weight)
    if motion_contrast:
        spatial.weight[:] *= np.exp(-motion_contrast * _motion_difference(frames, motions))
    if not links:
        return spatial
    source = np.concatenate([link.source + o for link, o in zip(links, offsets, strict=False)])
    target = np.concatenate([link.target + o for link, o in zip(links, offsets[1:], strict=False)])
    overlap = np.concatenate([link.overlap for link in links])
    temporal = _contrast(colours, source, target, overlap, temporal_weight)
    return Edges(
        np.concatenate([spatial.first, temporal.first]),
        np.concatenate([spatial.second, temporal.second]),
        np.concatenate([spatial.weight, temporal.weight]),
    )


def _motion_difference(frames: Sequence[Superpixels], motions: Sequence[Floats | None]) -> Floats:
    differences = []
    for frame, motion in zip_longest(frames, motions):
        first, second = frame.pairs.T
        square = np.zeros(len(first))
        if motion is not None:
            square = ((motion[first] - motion[second]) ** 2).sum(1)
        differences.append(square / (2 * max(float(square.mean()), _STILL)))
    return np.concatenate(differences)


def _contrast(colours: Floats, first: Ints, second: Ints, factor: Floats, weight: float) -> Edges:
    square = ((colours[first] - colours[second]) ** 2).sum(1)
    mean = float((square * factor).mean()) if len(square) else 0.0
    contrast = np.exp(-0.5 / mean * square) if mean > 0 else np.ones(len(square))
    return Edges(first, second, weight * factor * contrast)

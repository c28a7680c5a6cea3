"""Pairwise terms of the spatio-temporal energy (Papazoglou & Ferrari, section 3)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mcnn.graph_cut import Edges
from mcnn.motion.superpixels import Links, Superpixels

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def pairwise(
    frames: Sequence[Superpixels],
    links: Sequence[Links],
    spatial_weight: float,
    temporal_weight: float,
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
    """
    offsets = np.concatenate([[0], np.cumsum([len(f.sizes) for f in frames])])
    colours = np.concatenate([f.colours for f in frames])
    pairs = np.concatenate([f.pairs + o for f, o in zip(frames, offsets, strict=False)])
    nearness = 1 / np.maximum(np.concatenate([f.distances for f in frames]), 1e-6)
    spatial = _contrast(colours, pairs[:, 0], pairs[:, 1], nearness, spatial_weight)
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


def _contrast(colours: Floats, first: Ints, second: Ints, factor: Floats, weight: float) -> Edges:
    square = ((colours[first] - colours[second]) ** 2).sum(1)
    mean = float((square * factor).mean()) if len(square) else 0.0
    contrast = np.exp(-0.5 / mean * square) if mean > 0 else np.ones(len(square))
    return Edges(first, second, weight * factor * contrast)

"""The spatio-temporal energy of a shot's labelling, and its minimum (Papazoglou & Ferrari, 3)."""

from collections.abc import Sequence
from dataclasses import dataclass

import maxflow
import numpy as np
from numpy.typing import NDArray

from mcnn.motion.superpixels import Links, Superpixels

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Edges:
    """Pairwise terms of a shot: ``(E,)`` each; superpixels are numbered through the shot."""

    first: Ints
    second: Ints
    weight: Floats


def energy(
    labels: NDArray[np.bool_], foreground: Floats, background: Floats, edges: Edges
) -> float:
    """Energy of a labelling.

    Parameters
    ----------
    labels
        ``(N,)`` bool, true is foreground.
    foreground, background
        ``(N,)`` cost of each superpixel's being foreground, and background.
    edges
        Cost of two superpixels' being labelled differently.
    """
    unary = np.where(labels, foreground, background).sum()
    return float(unary + edges.weight[labels[edges.first] != labels[edges.second]].sum())


class Minimiser:
    """Labellings of least `energy` by max-flow, for unary terms that change and edges that do not.

    A call starts from the flow of the one before, which is most of the next one's.

    Parameters
    ----------
    n_superpixels
        Number of superpixels.
    edges
        Weights must not be negative.
    """

    def __init__(self, n_superpixels: int, edges: Edges) -> None:
        self._graph = maxflow.Graph[float](n_superpixels, len(edges.first))
        self._nodes = self._graph.add_grid_nodes((n_superpixels,))
        self._graph.add_edges(edges.first, edges.second, edges.weight, edges.weight)
        self._foreground = self._background = np.zeros(n_superpixels)

    def __call__(self, foreground: Floats, background: Floats) -> NDArray[np.bool_]:
        """The labelling of least energy.

        Parameters
        ----------
        foreground, background
            ``(N,)``, finite.

        Returns
        -------
        ndarray, bool, shape (N,)
        """
        # A node on the sink's side pays its capacity from the source.
        self._graph.add_grid_tedges(
            self._nodes, background - self._background, foreground - self._foreground
        )
        self._foreground, self._background = foreground, background
        self._graph.maxflow()
        return ~np.asarray(self._graph.get_grid_segments(self._nodes), dtype=bool)


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

"""Minimisers of the energy: an exact cut for two labels, alpha-expansion for more."""

import maxflow
import numpy as np

from mcnn.config.labels import Minimizer
from mcnn.labels import _grid_flow
from mcnn.labels.arrays import Floats, LabelMaps
from mcnn.labels.energy import NEIGHBOURS, energy
from mcnn.labels.grid_cut import Forests, GridCut


class FrameMinimiser:
    """Minimiser of the energy of a frame, for unary terms that change from round to round.

    Parameters
    ----------
    height, width
        Of the frame. Memory is taken here: keep the object for other frames of this size.
    n_labels
        Labels that are allowed in the frame.
    minimizer
        Solver.
    forests
        Memory of the search, shared with the minimisers of other frames of this size.
    """

    def __init__(
        self, height: int, width: int, n_labels: int, minimizer: Minimizer, forests: Forests
    ) -> None:
        self._n_labels, self._minimizer = n_labels, minimizer
        self._grid = None
        if n_labels == 2 and minimizer == "grid":
            self._grid = GridCut.empty(height, width, forests)

    def load(self, pairwise: Floats) -> None:
        """Take the weights ``(4, H, W)``, see `mcnn.labels.energy.pairwise_weights`."""
        if self._grid is not None:
            self._grid.load(pairwise)
        else:
            self._pairwise = pairwise

    def __call__(self, unary: Floats) -> LabelMaps:
        """Labels ``(H, W)`` uint8 for unary terms ``(n_labels, H, W)``.

        Exact for two labels, by alpha-expansion for more.
        """
        if self._n_labels == 1:
            return np.zeros(unary.shape[1:], np.uint8)
        if self._grid is not None:
            return self._grid.minimise(unary)
        minimise = minimum_cut if self._n_labels == 2 else alpha_expansion
        return minimise(unary, self._pairwise, minimizer=self._minimizer)


def minimum_cut(unary: Floats, pairwise: Floats, minimizer: Minimizer = "grid") -> LabelMaps:
    """Exact minimum of the energy over two labels, by max-flow.

    Of several minima the one with the fewest pixels of label 1. To minimise repeatedly with the
    same `pairwise`, keep a `GridCut`.

    Parameters
    ----------
    unary
        ``(2, H, W)``.
    pairwise
        ``(4, H, W)``, not negative, see `mcnn.labels.energy.pairwise_weights`.
    minimizer
        Solver.

    Returns
    -------
    ``(H, W)`` of 0 and 1.

    References
    ----------
    Boykov, Kolmogorov: An experimental comparison of min-cut/max-flow algorithms for energy
    minimization in vision. PAMI 2004.
    """
    if minimizer == "grid":
        return GridCut(pairwise).minimise(unary)
    return _pymaxflow(unary, pairwise)


def alpha_expansion(
    unary: Floats,
    pairwise: Floats,
    labelling: LabelMaps | None = None,
    minimizer: Minimizer = "grid",
) -> LabelMaps:
    """Local minimum of the energy over K labels with respect to expansion moves.

    Parameters
    ----------
    unary
        ``(K, H, W)``.
    pairwise
        ``(4, H, W)``, not negative.
    labelling
        ``(H, W)``, where to start; absent: the cheapest label of each pixel.
    minimizer
        Solver.

    Returns
    -------
    ``(H, W)``, values in 0 .. K - 1. Its energy is never above that of the start.

    References
    ----------
    Boykov, Veksler, Zabih: Fast approximate energy minimization via graph cuts. PAMI 2001.
    """
    unary = np.ascontiguousarray(unary, np.float64)
    pairwise = np.ascontiguousarray(pairwise, np.float64)
    current = np.asarray(unary.argmin(axis=0) if labelling is None else labelling, np.uint8)
    lowest = energy(current, unary, pairwise)
    move_unary, move_pairwise = np.empty((2, *current.shape)), np.empty_like(pairwise)
    grid = GridCut(pairwise) if minimizer == "grid" else None
    since_change = 0
    label = 0
    while since_change < len(unary):
        _grid_flow.expansion(current, label, unary, pairwise, move_unary, move_pairwise)
        if grid is not None:
            grid.load(move_pairwise)
            switches = grid.minimise(move_unary)
        else:
            switches = _pymaxflow(move_unary, move_pairwise)
        since_change += 1
        if switches.any():
            proposal = np.where(switches == 1, np.uint8(label), current)
            value = energy(proposal, unary, pairwise)
            if value < lowest - 1e-9 * max(1.0, abs(lowest)):
                current, lowest, since_change = proposal, value, 0
        label = (label + 1) % len(unary)
    return current


def _pymaxflow(unary: Floats, pairwise: Floats) -> LabelMaps:
    graph = maxflow.Graph[float]()
    nodes = graph.add_grid_nodes(unary.shape[1:])
    for weights, (down, right) in zip(pairwise, NEIGHBOURS, strict=True):
        structure = np.zeros((3, 3))
        structure[1 + down, 1 + right] = 1
        graph.add_grid_edges(nodes, weights=weights, structure=structure, symmetric=True)
    floor = unary.min(axis=0)
    # The sink side is label 1: the link to the source is cut, and paid, where label 1 is taken.
    graph.add_grid_tedges(nodes, unary[1] - floor, unary[0] - floor)
    graph.maxflow()
    return np.asarray(graph.get_grid_segments(nodes), np.uint8)

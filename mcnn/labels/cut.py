"""Minimisers of the energy: an exact cut for two labels, alpha-expansion for more."""

from collections import deque
from functools import partial

import maxflow
import numpy as np
from numpy.typing import NDArray

from mcnn.config.labels import Minimizer
from mcnn.labels import _grid_flow
from mcnn.labels.arrays import Floats, LabelMaps
from mcnn.labels.energy import NEIGHBOURS, energy
from mcnn.labels.expansion import GridMoves, Move, descend, tell_apart
from mcnn.labels.grid_cut import Forests, GridCut, capacity_scale


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
        if n_labels > 1 and minimizer == "grid":
            self._grid = GridCut.empty(height, width, forests)

    def load(self, pairwise: Floats) -> None:
        """Take the weights ``(4, H, W)``, see `mcnn.labels.energy.pairwise_weights`."""
        self._pairwise = pairwise
        if self._grid is not None:
            self._grid.load(pairwise)

    def foreground(self, unary: Floats) -> LabelMaps:
        """Foreground ``(H, W)``, 0 or 1, if each pixel had its cheapest label there.

        Exact. It is all there is to say where there is one label beside the background; if there
        are more, only the cost of changes between them is missing.
        """
        if self._n_labels == 1:
            return np.zeros(unary.shape[1:], np.uint8)
        sides = background_and_cheapest(unary)
        if self._grid is not None:
            return self._grid.minimise(sides)
        return minimum_cut(sides, self._pairwise, self._minimizer)

    def __call__(self, unary: Floats) -> LabelMaps:
        """Labels ``(H, W)`` uint8 for unary terms ``(n_labels, H, W)``.

        Exact for two labels, by alpha-expansion for more.
        """
        foreground = self.foreground(unary)
        if self._n_labels < 3 or not foreground.any():
            return foreground
        move = _moves_of(unary, self._pairwise, foreground == 1, self._minimizer)
        return tell_apart(foreground, unary, self._pairwise, move)


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
        ``(H, W)``, where to start; absent: the cut of label 0 against the cheapest of the others.
    minimizer
        Solver.

    Returns
    -------
    ``(H, W)``, values in 0 .. K - 1. Its energy is never above that of the start, nor, without
    one, above that of the cheapest label of each pixel.

    References
    ----------
    Boykov, Veksler, Zabih: Fast approximate energy minimization via graph cuts. PAMI 2001.
    """
    unary = np.ascontiguousarray(unary, np.float64)
    pairwise = np.ascontiguousarray(pairwise, np.float64)
    if labelling is None:
        n_labels, height, width = unary.shape
        minimise = FrameMinimiser(height, width, n_labels, minimizer, deque())
        minimise.load(pairwise)
        return minimise(unary)
    current = np.array(labelling, np.uint8)
    everywhere = np.ones(current.shape, bool)
    descend(current, range(len(unary)), set(), _moves_of(unary, pairwise, everywhere, minimizer))
    return current


def background_and_cheapest(unary: Floats) -> Floats:
    """Costs ``(2, H, W)`` of label 0 and of the cheapest other one in each pixel."""
    return unary if len(unary) == 2 else np.stack([unary[0], unary[1:].min(axis=0)])


def _moves_of(
    unary: Floats, pairwise: Floats, free: NDArray[np.bool_], minimizer: Minimizer
) -> Move:
    if minimizer == "grid":
        return GridMoves(unary, pairwise, capacity_scale(float(pairwise.max())), free)
    return partial(_pymaxflow_move, unary, pairwise)


def _pymaxflow_move(unary: Floats, pairwise: Floats, labelling: LabelMaps, label: int) -> bool:
    """The move by PyMaxflow, with all pixels of the frame."""
    move_unary, move_pairwise = np.empty((2, *labelling.shape)), np.empty(pairwise.shape)
    _grid_flow.expansion(labelling, label, unary, pairwise, move_unary, move_pairwise)
    switches = _pymaxflow(move_unary, move_pairwise)
    proposal = np.where(switches == 1, np.uint8(label), labelling)
    value, before = (energy(x, unary, pairwise) for x in (proposal, labelling))
    if value >= before - 1e-9 * max(1.0, abs(before)):
        return False
    labelling[:] = proposal
    return True


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

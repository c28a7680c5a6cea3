"""Minimisers of the energy: an exact cut for two labels, alpha-expansion for more."""

import maxflow
import numpy as np
from numpy.typing import NDArray

from mcnn.labels.arrays import Floats
from mcnn.labels.energy import NEIGHBOURS, energy, neighbour_slices


def minimum_cut(unary: Floats, pairwise: Floats) -> NDArray[np.intp]:
    """Exact minimum of the energy over two labels, by max-flow.

    Parameters
    ----------
    unary
        ``(2, H, W)``.
    pairwise
        ``(4, H, W)``, not negative, see `mcnn.labels.energy.pairwise_weights`.

    Returns
    -------
    ``(H, W)`` of 0 and 1.

    References
    ----------
    Boykov, Kolmogorov: An experimental comparison of min-cut/max-flow algorithms for energy
    minimization in vision. PAMI 2004.
    """
    return _cut(unary[0], unary[1], pairwise, symmetric=True)


def alpha_expansion(
    unary: Floats, pairwise: Floats, labelling: NDArray[np.intp] | None = None
) -> NDArray[np.intp]:
    """Local minimum of the energy over K labels with respect to expansion moves.

    Parameters
    ----------
    unary
        ``(K, H, W)``.
    pairwise
        ``(4, H, W)``, not negative.
    labelling
        ``(H, W)``, where to start; absent: the cheapest label of each pixel.

    Returns
    -------
    ``(H, W)``, values in 0 .. K - 1. Its energy is never above that of the start.

    References
    ----------
    Boykov, Veksler, Zabih: Fast approximate energy minimization via graph cuts. PAMI 2001.
    """
    current = unary.argmin(axis=0) if labelling is None else labelling.astype(np.intp)
    lowest = energy(current, unary, pairwise)
    since_change = 0
    label = 0
    while since_change < len(unary):
        proposal = _expand(current, label, unary, pairwise)
        value = energy(proposal, unary, pairwise)
        if value < lowest - 1e-9 * max(1.0, abs(lowest)):
            current, lowest, since_change = proposal, value, 0
        else:
            since_change += 1
        label = (label + 1) % len(unary)
    return current


def _expand(
    labelling: NDArray[np.intp], label: int, unary: Floats, pairwise: Floats
) -> NDArray[np.intp]:
    """Best move in which any set of pixels switches to `label`.

    For a pair (p, q) and x = 1 where a pixel switches, the Potts cost V(x_p, x_q) equals
    V00 + (V10 - V00) x_p - V10 x_q + (V01 + V10 - V00) (1 - x_p) x_q, since V11 is 0.
    """
    height, width = labelling.shape
    stay = np.take_along_axis(unary, labelling[None], axis=0)[0]
    switch = unary[label].copy()
    edges = np.zeros_like(pairwise)
    for d, step in enumerate(NEIGHBOURS):
        p, q = neighbour_slices(step, height, width)
        weight = pairwise[d][p]
        v00 = weight * (labelling[p] != labelling[q])
        v01 = weight * (labelling[p] != label)
        v10 = weight * (labelling[q] != label)
        switch[p] += v10 - v00
        switch[q] -= v10
        edges[d][p] = v01 + v10 - v00
    switches = _cut(stay, switch, edges, symmetric=False)
    return np.where(switches == 1, label, labelling)


def _cut(cost0: Floats, cost1: Floats, edges: Floats, *, symmetric: bool) -> NDArray[np.intp]:
    """Minimum over binary labellings; an edge (p, q) costs its weight at (0, 1), or at both."""
    graph = maxflow.Graph[float]()
    nodes = graph.add_grid_nodes(cost0.shape)
    for d, (down, right) in enumerate(NEIGHBOURS):
        structure = np.zeros((3, 3))
        structure[1 + down, 1 + right] = 1
        graph.add_grid_edges(nodes, weights=edges[d], structure=structure, symmetric=symmetric)
    floor = np.minimum(cost0, cost1)
    # The sink side is label 1: the link to the source is cut, and paid, where label 1 is taken.
    graph.add_grid_tedges(nodes, cost1 - floor, cost0 - floor)
    graph.maxflow()
    return graph.get_grid_segments(nodes).astype(np.intp)

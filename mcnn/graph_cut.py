"""Exact minima of energies of two labels over any graph, by max-flow."""

from dataclasses import dataclass

import maxflow
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Edges:
    """Pairwise terms between nodes: ``(E,)`` each."""

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
        ``(N,)`` cost of each node's being foreground, and background.
    edges
        Cost of two nodes' being labelled differently.
    """
    unary = np.where(labels, foreground, background).sum()
    return float(unary + edges.weight[labels[edges.first] != labels[edges.second]].sum())


class Minimiser:
    """Labellings of least `energy` by max-flow, for unary terms that change and edges that do not.

    A call starts from the flow of the one before, which is most of the next one's.

    Parameters
    ----------
    n_nodes
        Number of nodes.
    edges
        Weights must not be negative.
    """

    def __init__(self, n_nodes: int, edges: Edges) -> None:
        self._graph = maxflow.Graph[float](n_nodes, len(edges.first))
        self._nodes = self._graph.add_grid_nodes((n_nodes,))
        self._graph.add_edges(edges.first, edges.second, edges.weight, edges.weight)
        self._foreground = self._background = np.zeros(n_nodes)

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

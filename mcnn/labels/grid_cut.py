"""Exact minimiser of energies over two labels on the 8-connected pixel grid.

The maximum flow is found on an implicit graph: first sweeps saturate rows and columns, which are
solved exactly and settle most of the flow where the weights are strong, and are left out where a
sample of the rows shows that they are not; incremental breadth-first search [1] with excesses and
deficits in place of a source and a sink [2] finds the rest. A later call with other unaries starts
from the residual graph of the last one, where only the excesses have changed.

[1] Goldberg, Hed, Kaplan, Tarjan, Werneck: Maximum flows by incremental breadth-first search.
    ESA 2011.
[2] Goldberg, Hed, Kaplan, Kohli, Tarjan, Werneck: Faster and more dynamic maximum flow by
    incremental breadth-first search. ESA 2015.
"""

import math
from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcnn.labels import _grid_flow, _grid_search
from mcnn.labels.arrays import Floats

CAPACITY_BITS = 29
"""Capacities are scaled so that those of a pixel sum to less than 2 to this power: an excess then
always fits an int32."""


Forest = tuple[Any, Any, Any, Any, Any, Any, Any, Any]
Forests = deque[Forest]
"""Stack of what `make_forest` makes, of which no two threads take the same."""


class GridCut:
    """Exact minimum of a two-label energy on an 8-connected grid, kept warm between calls.

    Costs are rounded to a multiple of a power of two, about 1e-9 of the largest sum of the
    weights at a pixel, and then minimised exactly. Of several minima the one with the fewest
    pixels of label 1 is returned (they are contained in those of all others), so that the result
    depends neither on earlier calls nor on the algorithm.

    Different objects may be used by different threads at the same time.

    Parameters
    ----------
    pairwise
        ``(4, H, W)``, not negative, see `mcnn.labels.energy.pairwise_weights`. Weights of pairs
        that leave the grid are ignored.
    reverse
        ``(4, H, W)``. If given, `pairwise` is the cost of a pair at labels (0, 1) and `reverse`
        that at (1, 0), the pixel the edge starts from first; otherwise both are `pairwise`.

    Examples
    --------
    >>> cut = GridCut(np.ones((4, 1, 3)))
    >>> cut.minimise(np.array([[[0, 9, 9]], [[9, 0, 0]]], float))
    array([[0, 1, 1]], dtype=uint8)
    """

    def __init__(self, pairwise: Floats, reverse: Floats | None = None) -> None:
        self._allocate(pairwise.shape[1], pairwise.shape[2], deque())
        self.load(pairwise, reverse)

    @classmethod
    def empty(cls, height: int, width: int, forests: Forests) -> "GridCut":
        """One without weights, to be loaded, perhaps by another thread.

        Objects of the same shape may share the `forests`, memory that a search needs while it
        runs: as many are then made as search at the same time.
        """
        cut = cls.__new__(cls)
        cut._allocate(height, width, forests)
        return cut

    def _allocate(self, height: int, width: int, forests: Forests) -> None:
        self._shape = height, width
        self._forests = forests
        n = height * width
        self._graph = (
            np.empty((n, 8), np.int32),
            np.empty(n, np.uint8),
            np.empty(n, np.uint8),
            np.empty(n, np.int32),
            np.empty(n, np.int32),
            np.empty(n, np.int32),
            arc_offsets(width),
        )

    def load(self, pairwise: Floats, reverse: Floats | None = None) -> None:
        """Start afresh with other weights of the same shape."""
        forward = _contiguous(pairwise)
        backward = forward if reverse is None else np.ascontiguousarray(reverse, forward.dtype)
        if not forward.shape == backward.shape == (4, *self._shape):
            raise ValueError(f"weights of shape {forward.shape}, expected {(4, *self._shape)}")
        self._scale = capacity_scale(max(float(forward.max()), float(backward.max())))
        _grid_flow.load(*self._graph, forward, backward, reverse is None, self._scale)
        self._warm = False

    def minimise(self, unary: Floats) -> NDArray[np.uint8]:
        """Labels of least energy.

        Parameters
        ----------
        unary
            ``(2, H, W)``, the cost of label 0 and of label 1.

        Returns
        -------
        ``(H, W)`` of 0 and 1.
        """
        unary = _contiguous(unary)
        if unary.shape != (2, *self._shape):
            raise ValueError(f"unary of shape {unary.shape}, expected {(2, *self._shape)}")
        labels = np.empty(self._shape, np.uint8)
        try:
            forest = self._forests.pop()
        except IndexError:
            forest = make_forest(labels.size)
        _grid_search.solve(*self._graph, *forest, unary, self._scale, self._warm, labels)
        self._forests.append(forest)
        self._warm = True
        return labels


def capacity_scale(largest_weight: float) -> float:
    """Power of two by which weights become capacities, see `CAPACITY_BITS`."""
    largest = 8 * largest_weight
    # largest < 2 ** exponent; without weights the sign of a unary difference is all that counts
    exponent = math.frexp(largest)[1] if largest > 0 else -1000
    return math.ldexp(1.0, min(CAPACITY_BITS - exponent, 1000))


def arc_offsets(width: int) -> NDArray[np.int64]:
    """Steps in row-major order along the 8 arcs of a pixel, see `mcnn.labels._grid_flow`."""
    steps = np.array([1, width, width + 1, width - 1], np.int64)
    return np.concatenate([steps, -steps])


def make_forest(n: int) -> Forest:
    """Arrays of a search in a grid of n pixels, see `mcnn.labels._grid_search`."""
    return (
        np.empty(n, np.int32),
        np.empty(n, np.uint8),
        np.full(n + 3, -1, np.int32),
        np.empty(n, np.int32),
        np.empty(n, np.int32),
        np.empty(n, np.int32),
        np.empty(n, np.int32),
        np.empty(n, np.uint8),
    )


def _contiguous(values: Floats) -> Floats:
    """As the compiled functions take them."""
    return np.ascontiguousarray(values, np.float32 if values.dtype == np.float32 else np.float64)

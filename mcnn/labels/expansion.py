"""Alpha-expansion: moves in which pixels keep their labels or switch to one and the same.

A two-label cut of one label against the cheapest of the others in each pixel says, where it gives
that label, what it is in a minimum of the energy over all labels [1]: with that set to it, no
labelling costs more than before. So the moves have to look at the other pixels only, and a
labelling that none of these moves improves is not improved by any move of the frame either.

[1] Kovtun: Partial optimal labeling search for a NP-hard subclass of (max,+) problems. DAGM 2003.
"""

from collections import deque
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from mcnn.labels import _moves
from mcnn.labels.arrays import Floats, LabelMaps
from mcnn.labels.energy import energy
from mcnn.labels.grid_cut import arc_offsets, make_forest

Move = Callable[[LabelMaps, int], bool]
"""Makes the best move to a label in place if it lowers the energy, and says whether it did."""


class GridMoves:
    """Expansion moves on the 8-connected grid.

    Parameters
    ----------
    unary
        ``(K, H, W)``.
    pairwise
        ``(4, H, W)``, not negative.
    scale
        Of the capacities, see `mcnn.labels.grid_cut.capacity_scale`.
    free
        ``(H, W)`` bool, pixels that may switch; at least one.
    """

    def __init__(
        self, unary: Floats, pairwise: Floats, scale: float, free: NDArray[np.bool_]
    ) -> None:
        top, bottom, left, right = _moves.bounding_box(free)
        height, width = bottom - top, right - left
        n = height * width
        graph = (
            np.empty((n, 8), np.int32),
            np.empty(n, np.uint8),
            np.empty(n, np.uint8),
            np.empty(n, np.int32),
            arc_offsets(width),
        )
        self._memory = (*graph, *make_forest(n))
        self._energy = free, unary, pairwise, scale, top, left, height, width

    def __call__(self, labelling: LabelMaps, label: int) -> bool:
        """See `Move`."""
        return bool(_moves.expand(*self._memory, labelling, label, *self._energy))


def descend(labelling: LabelMaps, order: Iterable[int], settled: set[int], move: Move) -> None:
    """Expand labels in turns, in place, until no move lowers the energy.

    Parameters
    ----------
    labelling
        ``(H, W)``, where to start.
    order
        All labels.
    settled
        Those whose expansion is known not to lower the energy.
    move
        See `Move`.
    """
    pending = deque(label for label in order if label not in settled)
    done = deque(label for label in order if label in settled)
    while pending:
        label = pending.popleft()
        if move(labelling, label):
            pending.extend(done)
            done.clear()
        done.append(label)


def tell_apart(foreground: LabelMaps, unary: Floats, pairwise: Floats, move: Move) -> LabelMaps:
    """Labels of the foreground: a local minimum with respect to expansion moves.

    Parameters
    ----------
    foreground
        ``(H, W)`` of 0 and 1, the cut of label 0 against the cheapest of the others.
    unary, pairwise
        The energy, at least three labels.
    move
        See `Move`; pixels outside of the foreground need not switch.

    Returns
    -------
    ``(H, W)`` uint8. Its energy is not above that of the cheapest label of each pixel.
    """
    inside = foreground == 1
    costs = unary[:, inside]
    counts = np.bincount(costs[1:].argmin(axis=0), minlength=len(unary) - 1)
    first, second, *others = (int(label) for label in np.argsort(-counts, kind="stable") + 1)
    labelling = foreground * np.uint8(first)
    # From one label everywhere, the best move to another is the best labelling with these two.
    move(labelling, second)
    descend(labelling, [*others, 0, first, second], {first, second}, move)
    cheapest = np.zeros_like(labelling)
    cheapest[inside] = costs.argmin(axis=0)
    if energy(cheapest, unary, pairwise) < energy(labelling, unary, pairwise):
        labelling = cheapest
        descend(labelling, range(len(unary)), set(), move)
    return labelling

"""Compiled kernels of `mcnn.labels.expansion`: an expansion move among the pixels that are free.

The others keep their labels, so that the graph of a move covers the box around the free pixels and
no more. It is the residual graph of `mcnn.labels._grid_flow`, with pixels of the box in row-major
order; label 1 is the one that is expanded.
"""

import numba
import numpy as np

from mcnn.labels._grid_flow import augment_chains
from mcnn.labels._grid_search import search
from mcnn.labels.energy import NEIGHBOURS

STEPS = np.array([*NEIGHBOURS, *((-down, -right) for down, right in NEIGHBOURS)])
"""Step (row, column) along each of the 8 arcs of a pixel."""

TOLERANCE = 1e-9
"""A move has to save more than this share of what the broken terms have cost."""


@numba.njit(cache=True, nogil=True)
def bounding_box(free):  # type: ignore[no-untyped-def]
    """First row, row after the last, first column, column after the last of the free pixels."""
    height, width = free.shape
    top, bottom, left, right = height, 0, width, 0
    for y in range(height):
        for x in range(width):
            if free[y, x]:
                top, bottom = min(top, y), y + 1
                left, right = min(left, x), max(right, x + 1)
    return top, bottom, left, right


@numba.njit(cache=True, nogil=True)
def expand(  # type: ignore[no-untyped-def]
    residual, outgoing, incoming, excess, offsets,
    depth, parent, first, after, sinks, sources, spare, queued,
    labelling, label, free, unary, pairwise, scale, top, left, height, width,
):  # fmt: skip
    """Expand `label` as far as it pays, in place; whether it did."""
    if not _load(
        residual, outgoing, incoming, excess, labelling, label, free, unary, pairwise, scale,
        top, left, height, width,
    ):  # fmt: skip
        return False
    zero, one = np.int64(0), np.int64(1)
    augment_chains(residual, outgoing, incoming, excess, width, height, width, one, zero, spare)
    augment_chains(residual, outgoing, incoming, excess, one, width, height, width, one, spare)
    search(
        residual, outgoing, incoming, excess, offsets,
        depth, parent, first, after, sinks, sources, spare, queued,
    )  # fmt: skip
    switches = depth.reshape(height, width)
    saved, paid = _balance(switches, labelling, label, unary, pairwise, top, left)
    if saved - paid <= TOLERANCE * max(1.0, saved):
        return False
    for i in range(height):
        for j in range(width):
            if switches[i, j] > 0:
                labelling[top + i, left + j] = label
    return True


@numba.njit(cache=True, nogil=True)
def _load(  # type: ignore[no-untyped-def]
    residual, outgoing, incoming, excess, labelling, label, free, unary, pairwise, scale,
    top, left, height, width,
):  # fmt: skip
    """Write the graph of a move; whether any pixel would gain by it.

    With x = 1 where a pixel of the pair p, q switches, the Potts cost of weight w is, if both are
    free: w [x_p != x_q] where they have the same label; w / 2 [x_p != x_q] + w / 2 (1 - x_p) +
    w / 2 (1 - x_q) where they have two. If q keeps its label: w (1 - x_p) where it is `label`,
    w x_p where it is that of p, else w either way.
    """
    gains = False
    for i in range(height):
        for j in range(width):
            y, x, p = top + i, left + j, i * width + j
            residual[p] = 0
            outgoing[p] = incoming[p] = excess[p] = 0
            own = labelling[y, x]
            if own == label or not free[y, x]:
                continue
            difference = np.float64(unary[label, y, x]) - unary[own, y, x]
            leaving, arcs = 0, 0
            for k in range(8):
                v, u = y + STEPS[k, 0], x + STEPS[k, 1]
                if not (0 <= v < labelling.shape[0] and 0 <= u < labelling.shape[1]):
                    continue
                weight = np.float64(pairwise[k, y, x] if k < 4 else pairwise[k - 4, v, u])
                other = labelling[v, u]
                if other == label:
                    difference -= weight
                elif not free[v, u]:
                    difference += weight if other == own else 0.0
                else:
                    if other != own:
                        weight /= 2
                        difference -= weight
                    capacity = np.int32(weight * scale + 0.5)
                    residual[p, k] = capacity
                    leaving += capacity
                    arcs |= (capacity > 0) << k
            outgoing[p] = incoming[p] = arcs
            # Clamped before the conversion: no neighbours outweigh more than this.
            value = min(max(np.round(difference * scale), -leaving - 1.0), leaving + 1.0)
            excess[p] = np.int32(value)
            gains |= value < 0
    return gains


@numba.njit(cache=True, nogil=True)
def _balance(  # type: ignore[no-untyped-def]
    switches, labelling, label, unary, pairwise, top, left
):
    """What the terms of the switching pixels cost before and after; positive `switches` do."""
    height, width = switches.shape
    before, after = 0.0, 0.0
    for i in range(height):
        for j in range(width):
            if switches[i, j] <= 0:
                continue
            y, x = top + i, left + j
            own = labelling[y, x]
            before += unary[own, y, x]
            after += unary[label, y, x]
            for k in range(8):
                v, u = y + STEPS[k, 0], x + STEPS[k, 1]
                if not (0 <= v < labelling.shape[0] and 0 <= u < labelling.shape[1]):
                    continue
                weight = pairwise[k, y, x] if k < 4 else pairwise[k - 4, v, u]
                inside = 0 <= v - top < height and 0 <= u - left < width
                if inside and switches[v - top, u - left] > 0:
                    # Both ends of the pair come by.
                    before += weight / 2 if labelling[v, u] != own else 0.0
                else:
                    before += weight if labelling[v, u] != own else 0.0
                    after += weight if labelling[v, u] != label else 0.0
    return before, after

"""Compiled kernels of `mcnn.labels.grid_cut`: the residual graph of the 8-connected grid.

A pixel is its row-major index p. Arc k leads to pixel p + offsets[k]; arcs 0 to 3 are the
directions of `energy.NEIGHBOURS`, arc k ^ 4 leads back. Flow runs from pixels with an excess
(cheaper at label 0) to pixels with a deficit, a negative excess (cheaper at label 1).

Arrays of the residual graph, what remains of the energy when the flow so far is taken out of it:

residual ``(N, 8)`` int32: what can still flow along an arc
outgoing ``(N,)`` uint8: bit k is set where arc k has a residual
incoming ``(N,)`` uint8: bit k is set where the arc that leads back along arc k has one
excess ``(N,)`` int32: unary difference less the net flow out of the pixel
bound ``(N,)`` int32: a unary difference that no neighbours outweigh
unary ``(N,)`` int32: cost of label 1 less that of label 0, as last given

They are separate arguments because numba counts references to members of a tuple in inner loops.
"""

import numba
import numpy as np

SAMPLE = 8
"""One row in so many is swept first."""

ROWS_PAY, COLUMNS_PAY = 0.02, 0.1
"""Shares of the excesses and deficits that a sweep of the rows must settle: those of the sample for
the other rows to follow, all for the columns to. Below, the search alone is faster."""


@numba.njit(cache=True, nogil=True)
def load(  # type: ignore[no-untyped-def]
    residual, outgoing, incoming, excess, unary, bound, offsets,
    forward, backward, symmetric, scale,
):  # fmt: skip
    """Set the capacities, with no flow and all unaries 0.

    `forward` and `backward` ``(4, H, W)`` are the capacities of arcs 0 to 3 and of those back,
    the same where `symmetric`.
    """
    height, width = forward.shape[1:]
    residual[:] = 0
    incoming[:] = 0
    excess[:] = 0
    unary[:] = 0
    for y in range(height):
        for x in range(width):
            p = y * width + x
            for k in range(4):
                if (y == height - 1 and k > 0) or (x == 0 and k == 3):
                    continue
                if x == width - 1 and (k == 0 or k == 2):
                    continue
                c = np.int32(forward[k, y, x] * scale + 0.5)
                residual[p, k] = c
                if not symmetric:
                    c = np.int32(backward[k, y, x] * scale + 0.5)
                residual[p + offsets[k], k + 4] = c
    for p in range(height * width):
        leaving, arcs = 0, 0
        for k in range(8):
            c = residual[p, k]
            leaving += c
            arcs |= (c > 0) << k
            if not symmetric and c > 0:
                incoming[p + offsets[k]] |= 1 << (k ^ 4)
        outgoing[p] = arcs
        bound[p] = leaving + 1
    if symmetric:
        for p in range(height * width):
            incoming[p] = outgoing[p]
        return
    for p in range(height * width):
        entering = 0
        for k in range(8):
            if incoming[p] >> k & 1:
                entering += residual[p + offsets[k], k ^ 4]
        bound[p] = max(bound[p], entering + 1)


@numba.njit(cache=True, nogil=True)
def change_unaries(  # type: ignore[no-untyped-def]
    residual, outgoing, incoming, excess, unary, bound, costs, scale, warm, chain_flow
):
    """Set the unaries to `costs` ``(2, H, W)`` and find flows along rows and columns if it pays."""
    _, height, width = costs.shape
    for y in range(height):
        for x in range(width):
            p = y * width + x
            # Clamped before the conversion: the difference may be beyond an int32.
            difference = np.round((costs[1, y, x] - costs[0, y, x]) * scale)
            value = np.int32(min(max(difference, -bound[p]), bound[p]))
            excess[p] += value - unary[p]
            unary[p] = value
    share = augment_rows(residual, outgoing, incoming, excess, height, width, chain_flow)
    # Later calls change so little that what rows leave over is not worth another sweep.
    if not warm and share >= COLUMNS_PAY:
        one = np.int64(1)
        augment_chains(
            residual, outgoing, incoming, excess, one, width, height, width, one, chain_flow
        )


@numba.njit(cache=True, nogil=True)
def augment_rows(  # type: ignore[no-untyped-def]
    residual, outgoing, incoming, excess, height, width, flow
):
    """Maximum flow along each row, or along a sample of them where that says it does not pay.

    Returns the share of the excesses and deficits that it settled; that of the sample's own rows
    where it went no further.
    """
    # Typed as int64, so that one compiled function serves rows and columns.
    zero, one = np.int64(0), np.int64(1)
    unsettled = max(np.count_nonzero(excess), 1)
    for row in range(min(SAMPLE, height)):
        p = row * width
        n_rows = (height - row + SAMPLE - 1) // SAMPLE
        augment_chains(
            residual[p:], outgoing[p:], incoming[p:], excess[p:],
            SAMPLE * width, n_rows, width, one, zero, flow,
        )  # fmt: skip
        if row == 0:
            share = (1 - np.count_nonzero(excess) / unsettled) * height / n_rows
            if share < ROWS_PAY:
                return share
    return 1 - np.count_nonzero(excess) / unsettled


@numba.njit(cache=True, nogil=True)
def expansion(  # type: ignore[no-untyped-def]
    labelling, label, unary, pairwise, move_unary, move_pairwise
):
    """Write the energy of the moves in which pixels stay (0) or switch to `label` (1).

    With x = 1 where a pixel of the pair p, q switches, the Potts cost of weight w is: nothing
    where both have `label`; w (1 - x) of the other where one has it; w [x_p != x_q] where both
    have the same other label; w / 2 [x_p != x_q] + w / 2 (1 - x_p) + w / 2 (1 - x_q) where they
    have two others. It is symmetric in every case.
    """
    height, width = labelling.shape
    move_pairwise[:] = 0
    for y in range(height):
        for x in range(width):
            move_unary[0, y, x] = unary[labelling[y, x], y, x]
            move_unary[1, y, x] = unary[label, y, x]
    for y in range(height):
        for x in range(width):
            here = labelling[y, x]
            for k in range(4):
                v = y + (k > 0)
                u = x + (k == 0 or k == 2) - (k == 3)
                if v == height or u < 0 or u == width:
                    continue
                there, weight = labelling[v, u], pairwise[k, y, x]
                if here == label:
                    if there != label:
                        move_unary[0, v, u] += weight
                elif there == label:
                    move_unary[0, y, x] += weight
                elif here == there:
                    move_pairwise[k, y, x] = weight
                else:
                    move_pairwise[k, y, x] = weight / 2
                    move_unary[0, y, x] += weight / 2
                    move_unary[0, v, u] += weight / 2


@numba.njit(cache=True, nogil=True)
def _push(residual, outgoing, incoming, p, k, q, amount):  # type: ignore[no-untyped-def]
    """Send `amount` from p along arc k to q; what can still flow there."""
    back = k ^ 4
    left = residual[p, k] - amount
    residual[p, k] = left
    if left == 0:
        outgoing[p] &= ~np.uint8(1 << k)
        incoming[q] &= ~np.uint8(1 << back)
    opened = residual[q, back]
    residual[q, back] = opened + amount
    if opened == 0:
        outgoing[q] |= np.uint8(1 << back)
        incoming[p] |= np.uint8(1 << k)
    return left


@numba.njit(cache=True, nogil=True)
def augment_chains(  # type: ignore[no-untyped-def]
    residual, outgoing, incoming, excess, stride, n_chains, length, step, k, flow
):
    """Maximum flow along each row, or each column, by arcs k, which lead `step` further.

    Forwards, a pixel passes on its excess or its deficit as far as the arc allows; backwards,
    what met no partner returns to where it came from.
    """
    back = k ^ 4
    for chain in range(n_chains):
        p = chain * stride
        for i in range(length - 1):
            q = p + step
            amount = excess[p]
            if amount > 0:
                amount = min(amount, residual[p, k])
            elif amount < 0:
                amount = -min(-amount, residual[q, back])
            excess[p] -= amount
            excess[q] += amount
            flow[i] = amount
            p = q
        for i in range(length - 2, -1, -1):
            q = p
            p = q - step
            amount = flow[i]
            # The part of the amount that q still has: 0 if the signs differ.
            unmet = min(max(excess[q], min(amount, 0)), max(amount, 0))
            excess[q] -= unmet
            excess[p] += unmet
            amount -= unmet
            if amount > 0:
                _push(residual, outgoing, incoming, p, k, q, amount)
            elif amount < 0:
                _push(residual, outgoing, incoming, q, back, p, -amount)

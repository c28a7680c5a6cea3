"""Compiled kernels of `mcnn.labels.grid_cut`: incremental breadth-first search.

The residual graph is that of `mcnn.labels._grid_flow`. Breadth-first trees grow over it from the
excesses and from the deficits, kept in the arrays

depth ``(N,)`` int32: 0 in no tree; d: d - 1 arcs above a deficit; -d: d - 1 arcs below an excess
parent ``(N,)`` uint8: the arc that leads to the parent, or `ROOT`, or `ORPHAN`
first ``(N + 3,)`` int32: first orphan of each depth or -1, as all are between calls
after ``(N,)`` int32: next orphan of the same depth
sinks, sources, spare ``(N,)`` int32: ring buffers of pixels to grow from: of deficits, of excesses,
    and the next one of the side that grows
queued ``(N,)`` uint8: a bit for each buffer that holds the pixel
"""

import numba
import numpy as np

from mcnn.labels._grid_flow import change_unaries

ROOT, ORPHAN = 8, 9

MINOR_SHARE = 0.3
"""Visits on the side with fewer roots per visit on the other, whose trees are shallow and seldom
lose their roots."""

LOWEST_BIT = np.array([0] + [(m & -m).bit_length() - 1 for m in range(1, 256)], np.uint8)


@numba.njit(cache=True, nogil=True)
def _mark_interior(flags, interior, width):  # type: ignore[no-untyped-def]
    """Write whether all pixels of a 3 x 3 square have a flag; 0 on the frame."""
    n = max(len(flags) - 2 * width - 2, 0)
    above, here, below = flags[:], flags[width:], flags[2 * width :]
    inner = interior[width + 1 :]
    interior[:] = 0
    for i in range(n):
        inner[i] = (
            (above[i] & above[i + 1] & above[i + 2])
            & (here[i] & here[i + 1] & here[i + 2])
            & (below[i] & below[i + 1] & below[i + 2])
        )


@numba.njit(cache=True, nogil=True)
def search(  # type: ignore[no-untyped-def]
    residual, outgoing, incoming, excess, offsets,
    depth, parent, first, after, sinks, sources, spare, queued,
):  # fmt: skip
    """Maximum flow by incremental breadth-first search from deficits and excesses at once.

    Ends when the trees of the deficits hold every pixel with a residual path to a deficit.
    """
    n_pixels = len(depth)
    # Typed as int64: `_adopt` would be compiled anew for each combination of literals.
    zero, one = np.int64(0), np.int64(1)
    n_sinks, n_sources = zero, zero
    sink_bit, source_bit, spare_bit = np.uint8(1), np.uint8(2), np.uint8(4)
    majority = 0
    for p in range(n_pixels):
        queued[p] = source_bit if excess[p] > 0 else 0
        majority += np.sign(excess[p])
    _mark_interior(queued, parent, offsets[1])
    for p in range(n_pixels):
        if excess[p] < 0:
            depth[p], parent[p], queued[p] = 1, ROOT, sink_bit
            sinks[n_sinks] = p
            n_sinks += 1
        elif excess[p] > 0:
            depth[p] = -1
            if parent[p]:
                # All around are roots as well: there is nothing to grow to.
                queued[p] = 0
            else:
                sources[n_sources] = p
                n_sources += 1
            parent[p] = ROOT
        else:
            depth[p], parent[p] = 0, ORPHAN
    share = MINOR_SHARE if majority >= 0 else 1 / MINOR_SHARE
    sink_depth, source_depth = one, one
    sink_work, source_work = 0, 0
    while n_sinks > 0:
        # The roots of the excesses come first: those left out of the queue count as visited.
        from_sinks = n_sources == 0 or (
            source_depth > 1 and sink_work + n_sinks <= share * (source_work + n_sources)
        )
        if from_sinks:
            sign, last, queue, n_queue, bit = one, sink_depth, sinks, n_sinks, sink_bit
            arcs_of = incoming
        else:
            sign, last, queue, n_queue, bit = -one, source_depth, sources, n_sources, source_bit
            arcs_of = outgoing
        head, n_next = zero, zero
        while n_queue > 0:
            v = queue[head]
            head += 1
            if head == n_pixels:
                head = 0
            n_queue -= 1
            queued[v] &= ~bit
            if depth[v] != sign * last:
                continue
            if from_sinks:
                sink_work += 1
            else:
                source_work += 1
            arcs = arcs_of[v]
            while arcs:
                k = LOWEST_BIT[arcs]
                u = v + offsets[k]
                d = sign * depth[u]
                if d > 0:
                    arcs &= arcs - 1
                    continue
                if d == 0:
                    depth[u] = sign * (last + 1)
                    parent[u] = k ^ 4
                    if not queued[u] & spare_bit:
                        queued[u] |= spare_bit
                        spare[n_next] = u
                        n_next += 1
                    arcs &= arcs - 1
                    continue

                # The trees meet: augment from root to root over the arc from `tail` to `tip`.
                if from_sinks:
                    tail, across, tip = u, np.int64(k ^ 4), np.int64(v)
                else:
                    tail, across, tip = np.int64(v), np.int64(k), u
                amount = residual[tail, across]
                p = tip
                while parent[p] != ROOT:
                    up = parent[p]
                    amount = min(amount, residual[p, up])
                    p += offsets[up]
                amount = min(amount, -excess[p])
                p = tail
                while parent[p] != ROOT:
                    up = parent[p]
                    p += offsets[up]
                    amount = min(amount, residual[p, up ^ 4])
                amount = min(amount, excess[p])
                residual[tip, across ^ 4] += amount
                outgoing[tip] |= np.uint8(1 << (across ^ 4))
                incoming[tail] |= np.uint8(1 << across)
                residual[tail, across] -= amount
                if residual[tail, across] == 0:
                    outgoing[tail] &= ~np.uint8(1 << across)
                    incoming[tip] &= ~np.uint8(1 << (across ^ 4))

                shallowest = zero
                p = tip
                while parent[p] != ROOT:
                    up = parent[p]
                    q = p + offsets[up]
                    residual[q, up ^ 4] += amount
                    outgoing[q] |= np.uint8(1 << (up ^ 4))
                    incoming[p] |= np.uint8(1 << up)
                    residual[p, up] -= amount
                    if residual[p, up] == 0:
                        outgoing[p] &= ~np.uint8(1 << up)
                        incoming[q] &= ~np.uint8(1 << (up ^ 4))
                        shallowest = np.int64(depth[p])
                        parent[p] = ORPHAN
                        after[p] = first[shallowest]
                        first[shallowest] = p
                    p = q
                excess[p] += amount
                if excess[p] == 0:
                    shallowest = one
                    parent[p] = ORPHAN
                    after[p] = first[1]
                    first[1] = p
                if shallowest > 0:
                    if from_sinks:
                        n_queue, n_next, work = _adopt(
                            outgoing, incoming, offsets, depth, parent, first, after, queued,
                            one, shallowest, last, last + 1,
                            queue, head, n_queue, bit, spare, n_next, spare_bit,
                        )  # fmt: skip
                    else:
                        n_sinks, _, work = _adopt(
                            outgoing, incoming, offsets, depth, parent, first, after, queued,
                            one, shallowest, sink_depth, sink_depth,
                            sinks, zero, n_sinks, sink_bit, spare, zero, spare_bit,
                        )  # fmt: skip
                    sink_work += work

                shallowest = zero
                p = tail
                while parent[p] != ROOT:
                    up = parent[p]
                    q = p + offsets[up]
                    residual[p, up] += amount
                    outgoing[p] |= np.uint8(1 << up)
                    incoming[q] |= np.uint8(1 << (up ^ 4))
                    residual[q, up ^ 4] -= amount
                    if residual[q, up ^ 4] == 0:
                        outgoing[q] &= ~np.uint8(1 << (up ^ 4))
                        incoming[p] &= ~np.uint8(1 << up)
                        shallowest = -np.int64(depth[p])
                        parent[p] = ORPHAN
                        after[p] = first[shallowest]
                        first[shallowest] = p
                    p = q
                excess[p] -= amount
                if excess[p] == 0:
                    shallowest = one
                    parent[p] = ORPHAN
                    after[p] = first[1]
                    first[1] = p
                if shallowest > 0:
                    if from_sinks:
                        n_sources, _, work = _adopt(
                            incoming, outgoing, offsets, depth, parent, first, after, queued,
                            -one, shallowest, source_depth, source_depth,
                            sources, zero, n_sources, source_bit, spare, zero, spare_bit,
                        )  # fmt: skip
                    else:
                        n_queue, n_next, work = _adopt(
                            incoming, outgoing, offsets, depth, parent, first, after, queued,
                            -one, shallowest, last, last + 1,
                            queue, head, n_queue, bit, spare, n_next, spare_bit,
                        )  # fmt: skip
                    source_work += work

                if depth[v] != sign * last:
                    break
                if not (arcs_of[v] >> k) & 1:
                    arcs &= arcs - 1
        if from_sinks:
            sink_depth, n_sinks = last + 1, n_next
            sinks, spare, sink_bit, spare_bit = spare, sinks, spare_bit, sink_bit
        else:
            source_depth, n_sources = last + 1, n_next
            sources, spare, source_bit, spare_bit = spare, sources, spare_bit, source_bit


@numba.njit(cache=True, nogil=True)
def _adopt(  # type: ignore[no-untyped-def]
    to_parents, to_children, offsets, depth, parent, first, after, queued,
    sign, shallowest, last, deepest,
    queue, head, n_queue, bit, following, n_next, next_bit,
):  # fmt: skip
    """Find parents for the orphans of one side, the shallowest first.

    An orphan keeps its depth if it can, moves down as little as it must, and leaves the tree
    where it would come to lie below `deepest`. Returns the new lengths of the queues of depth
    `last` and of the one after it, and the number of pixels visited.
    """
    n_pixels = len(depth)
    work = 0
    d = shallowest
    while d <= deepest:
        p = first[d]
        if p < 0:
            d += 1
            continue
        first[d] = after[p]
        work += 1
        nearest = deepest
        adopted = False
        arcs = to_parents[p]
        while arcs:
            k = LOWEST_BIT[arcs]
            arcs &= arcs - 1
            above = sign * depth[p + offsets[k]]
            if above < d - 1 or above <= 0:
                continue
            if above == d - 1:
                parent[p] = k
                adopted = True
                break
            if above < nearest:
                nearest = above
        if adopted:
            continue
        arcs = to_children[p]
        while arcs:
            k = LOWEST_BIT[arcs]
            arcs &= arcs - 1
            q = p + offsets[k]
            if parent[q] == k ^ 4:
                parent[q] = ORPHAN
                after[q] = first[d + 1]
                first[d + 1] = q
        if nearest == deepest:
            depth[p] = 0
            continue
        depth[p] = sign * (nearest + 1)
        after[p] = first[nearest + 1]
        first[nearest + 1] = p
        if nearest + 1 == last:
            if not queued[p] & bit:
                queued[p] |= bit
                end = head + n_queue
                queue[end if end < n_pixels else end - n_pixels] = p
                n_queue += 1
        elif nearest == last and not queued[p] & next_bit:
            queued[p] |= next_bit
            following[n_next] = p
            n_next += 1
    return n_queue, n_next, work


@numba.njit(cache=True, nogil=True)
def solve(  # type: ignore[no-untyped-def]
    residual, outgoing, incoming, excess, unary, bound, offsets,
    depth, parent, first, after, sinks, sources, spare, queued,
    costs, scale, warm, labels,
):  # fmt: skip
    """Set the unaries to `costs` ``(2, H, W)``, find a maximum flow, write the `labels`."""
    # A ring buffer of the search, free before it, holds the flow along a chain.
    change_unaries(residual, outgoing, incoming, excess, unary, bound, costs, scale, warm, spare)
    search(
        residual, outgoing, incoming, excess, offsets,
        depth, parent, first, after, sinks, sources, spare, queued,
    )  # fmt: skip
    height, width = labels.shape
    for y in range(height):
        for x in range(width):
            labels[y, x] = depth[y * width + x] > 0

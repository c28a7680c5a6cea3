"""The graphs that cuts are found on: taken from runs of the engine, as DIMACS files and back."""

import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mcnn.graph_cut import Edges, Minimiser
from mcnn.labels.grid_cut import CAPACITY_BITS, GridCut

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Sides = NDArray[np.bool_]


class CutGraph(NamedTuple):
    """A graph with whole capacities.

    Attributes
    ----------
    excess
        ``(N,)`` int32, each node's capacity from the source less that to the sink.
    first, second
        ``(E,)`` int32, nodes of the edges that have a capacity.
    forward, backward
        ``(E,)`` int32, capacity of an edge there and back.
    """

    excess: Ints
    first: Ints
    second: Ints
    forward: Ints
    backward: Ints


class GridProblem(NamedTuple):
    """What a `GridCut` was given: weights, and the unaries of the rounds of one frame."""

    pairwise: NDArray[Any]
    unaries: list[NDArray[Any]]


class EdgeProblem(NamedTuple):
    """What a `Minimiser` was given: edges, and the costs of each call."""

    n_nodes: int
    edges: Edges
    costs: list[tuple[Floats, Floats]]


@contextmanager
def recorded_grids() -> Iterator[list[GridProblem]]:
    """The problems of all `GridCut` within, in the order in which their weights came."""
    problems: list[GridProblem] = []
    latest: dict[int, GridProblem] = {}
    load, minimise = GridCut.load, GridCut.minimise

    def record_load(cut: GridCut, pairwise: NDArray[Any], reverse: None = None) -> None:
        latest[id(cut)] = GridProblem(pairwise.copy(), [])
        problems.append(latest[id(cut)])
        load(cut, pairwise, reverse)

    def record_minimise(cut: GridCut, unary: NDArray[Any]) -> NDArray[np.uint8]:
        latest[id(cut)].unaries.append(unary.copy())
        return minimise(cut, unary)

    with ExitStack() as patches:
        patches.enter_context(patch.object(GridCut, "load", record_load))
        patches.enter_context(patch.object(GridCut, "minimise", record_minimise))
        yield problems


@contextmanager
def recorded_edges() -> Iterator[list[EdgeProblem]]:
    """The problems of all `Minimiser` within."""
    problems: list[EdgeProblem] = []
    of: dict[int, EdgeProblem] = {}
    make, call = Minimiser.__init__, Minimiser.__call__

    def record_make(minimiser: Minimiser, n_nodes: int, edges: Edges) -> None:
        of[id(minimiser)] = EdgeProblem(n_nodes, edges, [])
        problems.append(of[id(minimiser)])
        make(minimiser, n_nodes, edges)

    def record_call(minimiser: Minimiser, foreground: Floats, background: Floats) -> Sides:
        of[id(minimiser)].costs.append((foreground.copy(), background.copy()))
        return call(minimiser, foreground, background)

    with ExitStack() as patches:
        patches.enter_context(patch.object(Minimiser, "__init__", record_make))
        patches.enter_context(patch.object(Minimiser, "__call__", record_call))
        yield problems


def grid_graph(problem: GridProblem, k: int) -> CutGraph:
    """The graph of round k, with the very capacities that `GridCut` rounds the costs to."""
    cut = GridCut(problem.pairwise)
    residual, *_, offsets = cut._graph
    before = residual.copy()
    cut.minimise(problem.unaries[k])
    excess = cut._graph[4].copy()
    arcs = []
    for arc in range(4):
        # An arc that leaves the grid has no residual, and the one back may be another pair's.
        first = np.flatnonzero(before[:, arc])
        second = first + offsets[arc]
        arcs.append((first, second, before[first, arc], before[second, arc + 4]))
    edges = (np.concatenate(parts).astype(np.int32) for parts in zip(*arcs, strict=True))
    return CutGraph(excess, *edges)


def edge_graph(problem: EdgeProblem, k: int) -> CutGraph:
    """The graph of call k, its costs rounded as finely as those of the grid."""
    edges, (foreground, background) = problem.edges, problem.costs[k]
    sums = np.bincount(edges.first, edges.weight, problem.n_nodes)
    sums += np.bincount(edges.second, edges.weight, problem.n_nodes)
    scale = math.ldexp(1.0, CAPACITY_BITS - math.frexp(float(sums.max()))[1])
    # What neighbours cannot outweigh is clamped, as in the grid.
    bound = np.ceil(sums * scale) + 1
    excess = np.clip(np.round((background - foreground) * scale), -bound, bound)
    weight = np.round(edges.weight * scale).astype(np.int32)
    kept = weight > 0
    first, second = (ends[kept].astype(np.int32) for ends in (edges.first, edges.second))
    return CutGraph(excess.astype(np.int32), first, second, weight[kept], weight[kept])


def cut_value(graph: CutGraph, sink_side: Sides) -> int:
    """Capacity of the arcs that lead from the source's side to the sink's."""
    excess = graph.excess.astype(np.int64)
    value = excess[(excess > 0) & sink_side].sum() - excess[(excess < 0) & ~sink_side].sum()
    ends = sink_side[graph.first], sink_side[graph.second]
    value += graph.forward[~ends[0] & ends[1]].sum(dtype=np.int64)
    value += graph.backward[ends[0] & ~ends[1]].sum(dtype=np.int64)
    return int(value)


def arcs_of(graph: CutGraph) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Tail, head and capacity of every arc; the source is node 0, the sink 1, a node i is i + 2.

    Arcs from the source and to the sink come first, then each edge there and, next, back.
    """
    above, below = np.flatnonzero(graph.excess > 0), np.flatnonzero(graph.excess < 0)
    first, second = graph.first + 2, graph.second + 2
    ends, ends_back = np.stack([first, second], 1), np.stack([second, first], 1)
    edges = np.stack([graph.forward, graph.backward], 1).ravel()
    tail = np.concatenate([np.zeros(len(above), np.int64), below + 2, ends.ravel()])
    head = np.concatenate([above + 2, np.ones(len(below), np.int64), ends_back.ravel()])
    capacity = np.concatenate([graph.excess[above], -graph.excess[below], edges])
    return tail, head, capacity.astype(np.int64)


def write_dimacs(graph: CutGraph, path: Path) -> None:
    """Write a graph as a max-flow problem in the format of DIMACS [1].

    Node 1 is the source, node 2 the sink, node i + 3 the graph's node i; arcs in the order of
    `arcs_of`, those of capacity 0 included.

    [1] Johnson, McGeoch (eds.): Network flows and matching: first DIMACS implementation
        challenge. AMS 1993.
    """
    tail, head, capacity = arcs_of(graph)
    table = pd.DataFrame({"a": "a", "tail": tail + 1, "head": head + 1, "capacity": capacity})
    with path.open("w") as file:
        file.write(f"p max {len(graph.excess) + 2} {len(table)}\nn 1 s\nn 2 t\n")
        table.to_csv(file, sep=" ", header=False, index=False)


def read_dimacs(path: Path) -> CutGraph:
    """Read what `write_dimacs` wrote.

    Raises
    ------
    ValueError
        If the header is another one, or if an edge has no arc back.
    """
    with path.open() as file:
        problem, *terminals = (file.readline().split() for _ in range(3))
        if problem[:2] != ["p", "max"] or terminals != [["n", "1", "s"], ["n", "2", "t"]]:
            raise ValueError(f"{path}: not a max-flow problem from node 1 to node 2")
        table = pd.read_csv(file, sep=" ", header=None, usecols=[1, 2, 3], dtype=np.int64)
    n_nodes, n_arcs = map(int, problem[2:])
    arcs = table.to_numpy()
    if len(arcs) != n_arcs:
        raise ValueError(f"{path}: {len(arcs)} arcs, expected {n_arcs}")
    ends, capacity = arcs[:, :2] - 3, arcs[:, 2]
    excess = np.zeros(n_nodes - 2, np.int32)
    from_source, to_sink = arcs[:, 0] == 1, arcs[:, 1] == 2
    excess[ends[from_source, 1]] += capacity[from_source].astype(np.int32)
    excess[ends[to_sink, 0]] -= capacity[to_sink].astype(np.int32)
    inner = ~from_source & ~to_sink
    there, back = ends[inner][::2], ends[inner][1::2]
    if not np.array_equal(there, back[:, ::-1]):
        raise ValueError(f"{path}: an edge has no arc back")
    first, second = there.astype(np.int32).T.copy()
    forward, backward = capacity[inner].astype(np.int32).reshape(-1, 2).T.copy()
    return CutGraph(excess, first, second, forward, backward)

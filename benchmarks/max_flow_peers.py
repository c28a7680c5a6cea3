"""Solvers of max-flow problems: those that are installed, and those compiled from a checkout.

Each takes a graph's arrays, makes its own graph of them, solves it and reads the sides off. What
the packages want the arrays converted to is converted before the clock starts.
"""

import ctypes
import subprocess
import time
from collections.abc import Callable, Iterable
from functools import partial
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import maxflow
import numpy as np
from cut_graphs import CutGraph, arcs_of
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

SOURCE_ALGORITHMS = (
    *("bk", "mbk", "mbk_r", "eibfs", "eibfs_i", "eibfs_i_nr"),
    *("hpf_hf", "hpf_hl", "hpf_lf", "hpf_ll"),
)
SOURCE_FLAGS = (
    *("-std=c++17", "-O3", "-march=native", "-DNDEBUG", "-DREIMPLS_NO_OVERFLOW_CHECKS"),
    # The authors' code is accepted with this only.
    *("-fpermissive", "-w", "-shared", "-fPIC"),
)


class Solved(NamedTuple):
    """What a solver found.

    Attributes
    ----------
    build_ms, solve_ms
        Of the processor.
    value
        The flow; None where the solver does not say.
    sides
        ``(N,)`` bool, true is the sink's; two where the solver leaves open on which side the nodes
        of no tree are, none where it gives the flow alone.
    """

    build_ms: float
    solve_ms: float
    value: float | None
    sides: list[NDArray[np.bool_]]


class Solver(NamedTuple):
    """Name, version and function of a solver."""

    name: str
    version: str
    solve: Callable[[CutGraph], Solved]


Answer = tuple[float | None, Any]
"""Flow, and sides or None."""


def timed(build: Callable[[], Any], solve: Callable[[Any], Answer]) -> Solved:
    """Result of a solver by the two functions that it consists of, with their times."""
    began = time.process_time()
    graph = build()
    built = time.process_time()
    value, sides = solve(graph)
    solved = time.process_time()
    sides = [] if sides is None else [np.asarray(sides, bool)]
    return Solved(1000 * (built - began), 1000 * (solved - built), value, sides)


def terminal_capacities(graph: CutGraph) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Capacity of each node from the source and to the sink."""
    excess = graph.excess.astype(np.int64)
    return np.maximum(excess, 0), np.maximum(-excess, 0)


def pymaxflow(graph: CutGraph, kind: type) -> Solved:
    """Boykov-Kolmogorov with capacities of the kind, float or int."""
    dtype = np.float64 if kind is float else np.int64
    source, sink = (each.astype(dtype) for each in terminal_capacities(graph))
    there, back = graph.forward.astype(dtype), graph.backward.astype(dtype)

    def build() -> tuple[Any, Any]:
        made = maxflow.Graph[kind](len(source), len(there))
        nodes = made.add_grid_nodes(source.shape)
        made.add_edges(graph.first, graph.second, there, back)
        made.add_grid_tedges(nodes, source, sink)
        return made, nodes

    def solve(built: tuple[Any, Any]) -> Answer:
        made, nodes = built
        return made.maxflow(), made.get_grid_segments(nodes)

    return timed(build, solve)


def thinmaxflow(graph: CutGraph, library: Any) -> Solved:
    """Boykov-Kolmogorov, built arc by arc in Python: there is no other way to."""
    source, sink = terminal_capacities(graph)
    edges = np.stack([graph.first, graph.second, graph.forward, graph.backward], 1).tolist()
    terms = np.stack([source, sink], 1).tolist()

    def build() -> Any:
        made = library.GraphInt(len(terms), len(edges))
        made.add_node(len(terms))
        for node, capacities in enumerate(terms):
            made.add_tweights(node, *capacities)
        for edge in edges:
            made.add_edge(*edge)
        return made

    def solve(made: Any) -> Answer:
        made.maxflow()
        # The flow has 32 bits: too few.
        return None, [made.what_segment(node) == library.SINK for node in range(len(terms))]

    return timed(build, solve)


def thinqpbo(graph: CutGraph, library: Any) -> Solved:
    """QPBO, built arc by arc in Python; it has each node twice."""
    source, sink = terminal_capacities(graph)
    edges = np.stack([graph.first, graph.second, graph.forward, graph.backward], 1).tolist()
    terms = np.stack([sink, source], 1).tolist()

    def build() -> Any:
        # Its whole numbers have 32 bits, and it doubles capacities.
        made = library.QPBODouble(len(terms), len(edges))
        made.add_node(len(terms))
        for node, costs in enumerate(terms):
            made.add_unary_term(node, *costs)
        for first, second, there, back in edges:
            made.add_pairwise_term(first, second, 0, there, back, 0)
        return made

    def solve(made: Any) -> Answer:
        made.solve()
        made.compute_weak_persistencies()
        sides = [made.get_label(node) == 1 for node in range(len(terms))]
        return made.compute_twice_energy() / 2, sides

    return timed(build, solve)


def scipy_dinic(graph: CutGraph) -> Solved:
    """scipy's. Its own sum of the flow has 32 bits: what leaves the source is summed here."""
    tail, head, capacity = arcs_of(graph)
    n = len(graph.excess) + 2
    shape = n, n

    def solve(matrix: csr_array) -> Answer:
        flow = maximum_flow(matrix, 0, 1, method="dinic").flow
        return float(flow.data[flow.indptr[0] : flow.indptr[1]].sum(dtype=np.int64)), None

    return timed(lambda: csr_array((capacity.astype(np.int32), (tail, head)), shape=shape), solve)


def or_tools(graph: CutGraph, library: Any) -> Solved:
    """Push-relabel of OR-tools."""
    tail, head, capacity = arcs_of(graph)

    def build() -> Any:
        made = library.SimpleMaxFlow()
        made.add_arcs_with_capacity(tail, head, capacity)
        return made

    def solve(made: Any) -> Answer:
        made.solve(0, 1)
        sides = np.ones(len(graph.excess) + 2, bool)
        sides[made.get_source_side_min_cut()] = False
        return float(made.optimal_flow()), sides[2:]

    return timed(build, solve)


def igraph(graph: CutGraph, library: Any) -> Solved:
    """Push-relabel of igraph."""
    tail, head, capacity = arcs_of(graph)
    arcs, capacities = np.stack([tail, head], 1).tolist(), capacity.astype(float).tolist()

    def solve(made: Any) -> Answer:
        return made.maxflow_value(0, 1, capacities), None

    n = len(graph.excess) + 2
    return timed(lambda: library.Graph(n, arcs, directed=True), solve)


def compiled(graph: CutGraph, library: ctypes.CDLL, name: str) -> Solved:
    """One of those of `max_flow_peers.cpp`."""
    sides = np.empty(len(graph.excess), np.uint8)
    value, seconds = ctypes.c_int64(), (ctypes.c_double * 2)()
    arrays = [np.ascontiguousarray(part, np.int32).ctypes for part in graph]
    excess, *edges = (ctypes.c_void_p(array.data) for array in arrays)
    sizes = len(graph.excess), len(graph.first)
    outputs = ctypes.c_void_p(sides.ctypes.data), ctypes.byref(value), seconds
    if library.solve(name.encode(), sizes[0], excess, sizes[1], *edges, *outputs) != 0:
        raise ValueError(f"no solver {name}")
    build_ms, solve_ms = (1000 * each for each in seconds)
    return Solved(build_ms, solve_ms, value.value, [sides > 0, sides == 1])


def from_packages() -> tuple[list[Solver], list[str]]:
    """Solvers of the packages that are installed, and the names of those that are not."""
    wanted: Iterable[tuple[str, str, Callable[..., Solved]]] = (
        ("ortools", "ortools.graph.python.max_flow", or_tools),
        ("igraph", "igraph", igraph),
        ("thinmaxflow", "thinmaxflow", thinmaxflow),
        ("thinqpbo", "thinqpbo", thinqpbo),
    )
    found = [
        Solver("PyMaxflow float", version("PyMaxflow"), partial(pymaxflow, kind=float)),
        Solver("PyMaxflow int", version("PyMaxflow"), partial(pymaxflow, kind=int)),
        Solver("scipy Dinic", version("scipy"), scipy_dinic),
    ]
    absent = []
    for name, module, solve in wanted:
        try:
            library = import_module(module)
        except ImportError:
            absent.append(name)
            continue
        found.append(Solver(name, version(name), partial(solve, library=library)))
    return found, absent


def from_source(checkout: Path, folder: Path) -> list[Solver]:
    """Those of a checkout of github.com/patmjen/maxflow_algorithms, compiled into the folder.

    Raises
    ------
    subprocess.CalledProcessError
        If the compiler fails.
    """
    code = Path(__file__).with_suffix(".cpp")
    target = folder / "max_flow_peers.so"
    command = ["g++", *SOURCE_FLAGS, f"-I{checkout}", str(code), "-o", str(target)]
    subprocess.run(command, check=True)
    library = ctypes.CDLL(str(target))
    compiler = subprocess.run(["g++", "-dumpfullversion"], capture_output=True, text=True)
    by = f"g++ {compiler.stdout.strip()}"
    return [
        Solver(name, by, partial(compiled, library=library, name=name))
        for name in SOURCE_ALGORITHMS
    ]

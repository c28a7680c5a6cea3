"""The cuts of the label estimation beside other solvers of max-flow, on the same graphs.

The graphs are those of real runs: a frame of each sequence at a training's crop of 321 pixels, with
the strides and weights of three configurations, without a network and with the made-up outputs of
an unsure and of a sure one, in the first and in the last round; and the superpixels of the
sequence's motion segmentation, whose cuts are PyMaxflow's by `mcnn.graph_cut`. The capacities are
the whole numbers that ours rounds its costs to. Every graph is written as a DIMACS file and read
back, and the peers get what was read.

Prints a JSON line a graph and solver: milliseconds of the processor to build a graph, which a
training does for each frame, and to solve it, medians over rounds in which all solvers take turns;
`ratio` is the solver's sum of both to ours. `ours, warm` starts from the flow of the rounds before.
Then come geometric means of the ratio. A solver whose flow is another than the value of our cut, or
whose cut is not worth it, ends the benchmark with an error.

    python benchmarks/max_flow.py FRAMES_ROOT MASKS_ROOT [--sequences bear bus]
        [--source CHECKOUT] [--keep FOLDER] [--rounds 5]

The roots are as for labels.py. --source is a checkout of github.com/patmjen/maxflow_algorithms [1],
compiled with g++. --keep keeps the DIMACS files.

Solvers and their licences: PyMaxflow (Boykov-Kolmogorov, GPL-3.0-or-later), scipy (BSD-3-Clause),
and, where they are installed, ortools (Apache-2.0), igraph (GPL-2.0-or-later), thinmaxflow and
thinqpbo (GPL-3.0); of the checkout bk (GPL-3.0), mbk and mbk_r (MIT), eibfs and its two variants
(research only), hpf (academic, not for profit). NetworKit's Dinic is left out: it takes seconds on
the smallest of these graphs.

[1] Jensen, Jeppesen, Dahl, Dahl: Review of serial and parallel min-cut/max-flow algorithms for
    computer vision. PAMI 2023.
"""

import argparse
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from cut_graphs import (
    CutGraph,
    EdgeProblem,
    GridProblem,
    cut_value,
    edge_graph,
    grid_graph,
    read_dimacs,
    recorded_edges,
    recorded_grids,
    write_dimacs,
)
from label_passes import NETWORKS, frames_of, network_outputs
from label_shots import N_FRAMES, Shot, read_shots
from max_flow_peers import Solved, Solver, from_packages, from_source, timed
from PIL import Image
from threadpoolctl import threadpool_limits

import mcnn
from mcnn.config.labels import Labels
from mcnn.config.motion import MotionSegmentation
from mcnn.graph_cut import Edges, Minimiser
from mcnn.labels.grid_cut import GridCut
from mcnn.labels.minimisation import EnergyMinimisation
from mcnn.motion.segment import segment_shot

OURS, WARM = "ours", "ours, warm"
CROP = 321
TRAININGS = {"own_videos": (4, 3.0), "config": (2, 7.5), "paper": (1, 50.0)}
"""Stride and lambda of the labels, by configuration."""
ONCE_MS = 200
"""Solvers that take longer are asked once a graph."""


class Case(NamedTuple):
    """A graph, what it is of, and our own ways to cut it."""

    about: dict[str, Any]
    graph: CutGraph
    ours: list[Solver]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("frames", type=Path, help="folder of a folder of frames per sequence")
    parser.add_argument("masks", type=Path, help="the same with PNG motion masks")
    parser.add_argument("--sequences", nargs="+", help="these alone")
    parser.add_argument("--source", type=Path, help="checkout of maxflow_algorithms")
    parser.add_argument("--keep", type=Path, help="folder for the DIMACS files")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    with ExitStack() as stack:
        stack.enter_context(threadpool_limits(1))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        peers, absent = from_packages()
        if arguments.source is None or not arguments.source.is_dir():
            absent.append("maxflow_algorithms")
        else:
            peers += from_source(arguments.source, folder)
        show(absent=absent)
        ratios: dict[tuple[str, str], list[float]] = defaultdict(list)
        for shot in read_shots(arguments.frames, arguments.masks, (CROP, CROP)):
            if arguments.sequences is not None and shot.name not in arguments.sequences:
                continue
            for case in cases_of(shot, arguments.frames / shot.name):
                case = through_dimacs(case, arguments.keep or folder)
                for row in compare(case, peers, arguments.rounds):
                    show(**row)
                    ratios[row["graph"], row["solver"]].append(row["ratio"])
    for (graph, solver), values in ratios.items():
        mean = np.exp(np.mean(np.log(values)))
        row = {"graphs": len(values), "mean_ratio": mean, "least": min(values), "most": max(values)}
        show(graph=graph, solver=solver, **{key: round(value, 2) for key, value in row.items()})


def show(**row: Any) -> None:
    """Print a row."""
    print(json.dumps(row), flush=True)


def cases_of(shot: Shot, folder: Path) -> Iterator[Case]:
    """The graphs of a sequence, the small ones first."""
    for training, (stride, lambda_) in TRAININGS.items():
        for network in ("none", *NETWORKS):
            problem = labels_problem(shot, stride, lambda_, network)
            for k in (0, len(problem.unaries) - 1):
                about = {"graph": f"{training}, network {network}", "sequence": shot.name}
                size = list(problem.pairwise.shape[1:])
                solve = partial(grid_cut, GridCut(problem.pairwise), problem, k)
                ours = [Solver(OURS, mcnn.__version__, partial(solve, warm=False))]
                if k > 0:
                    ours.append(Solver(WARM, mcnn.__version__, partial(solve, warm=True)))
                yield Case({**about, "round": k + 1, "size": size}, grid_graph(problem, k), ours)
    superpixels = {"graph": "superpixels", "sequence": shot.name, "round": 1}
    graph = edge_graph(motion_problem(folder), 0)
    yield Case(superpixels, graph, [Solver(OURS, version("PyMaxflow"), minimiser)])


def labels_problem(shot: Shot, stride: int, lambda_: float, network: str) -> GridProblem:
    """What the grid cut of the frame in the middle of a shot is given in all rounds."""
    outputs = np.full((N_FRAMES, 2, CROP, CROP), 0.5, np.float32)
    if network != "none":
        outputs = network_outputs(shot.masks, 1, NETWORKS[network])
    images, masks, outputs = (
        np.ascontiguousarray(maps)
        for maps in (
            shot.images[:, ::stride, ::stride],
            shot.masks[:, ::stride, ::stride],
            outputs[:, :, ::stride, ::stride],
        )
    )
    predict = EnergyMinimisation(Labels.model_validate({"lambda": lambda_}), 1.0, motion=True)
    with recorded_grids() as problems:
        predict(frames_of(Shot(shot.name, images, masks), outputs))
    return problems[N_FRAMES // 2]


def motion_problem(folder: Path) -> EdgeProblem:
    """What the cut of the superpixels of a sequence's first window is given."""
    settings = MotionSegmentation()
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".jpg", ".png"))
    frames = [np.asarray(Image.open(path).convert("RGB")) for path in paths[: settings.window]]
    with recorded_edges() as problems:
        segment_shot(frames, settings)
    return problems[0]


def grid_cut(cut: GridCut, problem: GridProblem, k: int, graph: CutGraph, *, warm: bool) -> Solved:
    """Ours of round k, in memory that is kept, as in a training.

    It rounds the costs itself, within the time that is taken; the graph goes unused.
    """
    if warm:
        cut.load(problem.pairwise)
        for unary in problem.unaries[:k]:
            cut.minimise(unary)

    def build() -> None:
        if not warm:
            cut.load(problem.pairwise)

    return timed(build, lambda _: (None, cut.minimise(problem.unaries[k]).ravel()))


def minimiser(graph: CutGraph) -> Solved:
    """Ours of superpixels."""
    edges = Edges(
        graph.first.astype(np.int64), graph.second.astype(np.int64), graph.forward.astype(float)
    )
    foreground, background = np.maximum(-graph.excess, 0.0), np.maximum(graph.excess, 0.0)
    return timed(
        lambda: Minimiser(len(graph.excess), edges),
        lambda minimise: (None, ~minimise(foreground, background)),
    )


def through_dimacs(case: Case, folder: Path) -> Case:
    """The case with its graph as read from the file that it was written to.

    Raises
    ------
    AssertionError
        If it is not the same.
    """
    words = [case.about["sequence"], case.about["graph"].replace(",", ""), case.about["round"]]
    path = folder / ("_".join(map(str, words)).replace(" ", "_") + ".max")
    folder.mkdir(parents=True, exist_ok=True)
    write_dimacs(case.graph, path)
    graph = read_dimacs(path)
    for written, read in zip(case.graph, graph, strict=True):
        np.testing.assert_array_equal(written, read, strict=True)
    return case._replace(graph=graph)


def compare(case: Case, peers: list[Solver], rounds: int) -> Iterator[dict[str, Any]]:
    """A row a solver."""
    value = cut_value(case.graph, case.ours[0].solve(case.graph).sides[0])
    times: dict[str, list[tuple[float, float]]] = defaultdict(list)
    solvers = [*case.ours, *peers]
    # The first round of each takes the memory that the others find.
    for k in range(1 + rounds):
        for solver in solvers:
            before = times[solver.name]
            if k > 0 and sum(before[0]) > ONCE_MS:
                continue
            solved = solver.solve(case.graph)
            check(solver, solved, case, value)
            before.append((solved.build_ms, solved.solve_ms))
    medians = {name: np.median(each[1:] or each, axis=0) for name, each in times.items()}
    nodes_and_edges = {"nodes": len(case.graph.excess), "edges": len(case.graph.first)}
    for solver in solvers:
        build, solve = medians[solver.name]
        row = {"build_ms": build, "solve_ms": solve, "total_ms": build + solve}
        row["ratio"] = row["total_ms"] / medians[OURS].sum()
        yield {
            **case.about,
            **nodes_and_edges,
            **{"solver": solver.name, "version": solver.version},
            **{key: round(float(figure), 3) for key, figure in row.items()},
            "runs": max(len(times[solver.name]) - 1, 1),
            "value": value,
            "equal": True,
        }


def check(solver: Solver, solved: Solved, case: Case, value: int) -> None:
    """Stop if a solver's flow or cut has another value than our cut.

    A flow and a cut of the same value prove each other. All capacities are whole and their sums
    below 2 ** 53, so that flows in floating point are exact, too.
    """
    values = [cut_value(case.graph, sides) for sides in solved.sides]
    if solved.value not in (None, value) or (values and value not in values):
        raise SystemExit(
            f"{solver.name} on {case.about}: flow {solved.value}, cuts {values}, expected {value}"
        )


if __name__ == "__main__":
    main()

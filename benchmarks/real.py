"""A small, real copy of the paper's experiment: names learned from tagged videos, tried on VOC.

Builds the inputs (`real_tree.py`), trains and evaluates by one run of the workflow what
`config/real.yaml` lists, and prints a table in per cent, mean (sample deviation) over the seeds.
What OUT holds already is not made again.

    python benchmarks/real.py DATA OUT [--part report] [--seeds 0 1 2] [--targets ...] [--cores 2]

DATA holds what `../shared/data` does. The columns: IoU of each label and their mean; `object`, IoU
of objects whatever their names; `named`, of the pixels of objects that were found, the share with
the right name; `W.horse` and `W.object`, IoU of the class and of objects on the Weizmann horses.
"""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from real_tree import build_tree
from workflow import run_workflow

from mcnn.evaluation.iou import iou_per_class, mean_iou
from mcnn.experiments.paths import Paths

HORSES = "weizmann"
SETTINGS = Path(__file__).parents[1] / "config" / "real.yaml"


def overlay(
    seeds: Sequence[int] | None, part: str, targets: Sequence[str] | None
) -> dict[str, Any]:
    """What differs from the configuration: the part of val, seeds, and rows if only some."""
    changes: dict[str, Any] = {"run": "real", "evaluation": {"sets": [part, HORSES]}}
    if seeds:
        changes["seeds"] = list(seeds)
    if targets:
        changes |= {"targets": list(targets), "colocalization": {"targets": []}}
    return changes


def object_iou(confusion: np.ndarray) -> float:
    """IoU of the pixels of objects, of any name, with those labelled as objects.

    Examples
    --------
    >>> object_iou(np.array([[2, 1, 0], [0, 1, 2], [0, 0, 0]]))
    0.75
    """
    found = confusion[1:, 1:].sum()
    return float(found / (confusion.sum() - confusion[0, 0]))


def share_named(confusion: np.ndarray) -> float:
    """Of the pixels of objects that are labelled as some object, the share with the right name.

    Examples
    --------
    >>> share_named(np.array([[2, 1, 0], [0, 1, 3], [0, 0, 0]]))
    0.25
    """
    found = confusion[1:, 1:]
    return float(np.trace(found) / found.sum()) if found.sum() else float("nan")


def figures(table: pd.DataFrame, part: str) -> dict[str, float]:
    """Figures in per cent of the rows of a confusion.csv."""
    row: dict[str, float] = {}
    for name, group in table.groupby("set", sort=False):
        confusion = group.filter(like="predicted_").to_numpy(np.int64)
        by_label = dict(zip(group["true"], iou_per_class(confusion), strict=True))
        if name == part:
            row |= {"mean": mean_iou(confusion), **by_label}
            row |= {"object": object_iou(confusion), "named": share_named(confusion)}
        elif name == HORSES:
            row |= {"W.horse": by_label["horse"], "W.object": object_iou(confusion)}
    return {name: 100 * value for name, value in row.items()}


def segmentation(results: Path, part: str, seeds: Sequence[int]) -> str:
    """The table of all models of these seeds that have been evaluated on this part."""
    rows = []
    for path in sorted(results.glob("evaluation/*/seed*/*/confusion.csv")):
        row = figures(pd.read_csv(path), part)
        if "mean" in row and path.parts[-3] in {f"seed{seed}" for seed in seeds}:
            rows.append({"row": row_name(path), **row})
    return summary(rows)


def colocalization(results: Path, seeds: Sequence[int]) -> str:
    """CorLoc of the boxes of all models of these seeds on the annotated frames, in per cent."""
    rows = []
    for path in sorted(results.glob("colocalization/**/corloc.csv")):
        seed = path.parts[-4]
        if not seed.startswith("seed") or seed in {f"seed{each}" for each in seeds}:
            table = pd.read_csv(path).set_index("class")["corloc"]
            rows.append({"row": row_name(path.parent), **table.to_dict()})
    return summary(rows)


def row_name(path: Path) -> str:
    """Experiment and stage of a result, or what else it is of."""
    experiment, seed, stage = path.parts[-4:-1]
    return f"{experiment}/{stage}" if seed.startswith("seed") else "motion masks"


def summary(rows: list[dict[str, Any]]) -> str:
    """Mean, sample deviation and number of the rows of one name, the lowest `mean` first."""
    if not rows:
        return "none"
    groups = pd.DataFrame(rows).groupby("row")
    mean, deviation = groups.mean().map("{:.1f}".format), groups.std().map(" ({:.1f})".format)
    table = mean + deviation.replace(" (nan)", "")
    table.insert(0, "seeds", groups.size())
    return table.loc[groups["mean"].mean().sort_values().index].to_markdown()


def main() -> None:
    """Build, run and show."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--part", choices=["tune", "report"], default="report")
    parser.add_argument("--seeds", type=int, nargs="+", help="absent: those of the configuration")
    parser.add_argument("--targets", nargs="+", help="absent: all rows, and CorLoc")
    parser.add_argument("--cores", type=int, default=2)
    args = parser.parse_args()
    data, out = args.data.resolve(), args.out.resolve()
    build_tree(data, out / "tree")
    if not (out / "data").is_symlink():
        (out / "data").symlink_to(data)
    changes = overlay(args.seeds, args.part, args.targets)
    run_workflow(out, changes, args.cores, base="real")
    os.chdir(out)  # The paths that the workflow wrote begin here.
    paths = Paths(changes["run"])
    results = Path(paths.root)
    seeds = args.seeds or yaml.safe_load(SETTINGS.read_text())["seeds"]
    print(f"IoU, {args.part} of val_dev", segmentation(results, args.part, seeds), sep="\n")
    print("CorLoc, frames of DAVIS", colocalization(results, seeds), sep="\n")
    print(f"Pictures: {paths.report}")


if __name__ == "__main__":
    main()

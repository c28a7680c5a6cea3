"""Sections of the report about results: headline, classes, confusions, sensitivity, CorLoc."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from mcnn.artefacts.scores import read_iou
from mcnn.report.cells import NOTHING, Cell, Grid, grid_of
from mcnn.report.charts import bars, points
from mcnn.report.run_files import RunFiles, name_of

OURS = "ours"
NAMING = {"experiment", "stage", "set", "split", "images", "postprocessing", "seeds", "samples"}
FIGURES = {"mean_iou", "std", "published_row", "published", "difference"}


class Chart(NamedTuple):
    """A chart: its title, the SVG, and what it shows for those who do not see it."""

    title: str
    svg: str
    text: str


def read_table(path: Path) -> pd.DataFrame:
    """A table of results; the values of a setting stay as they are written."""
    return pd.read_csv(path, dtype={"value": str})


def headline(files: RunFiles) -> Grid | None:
    """Mean IoU of the targets on a set, then on the next one; the paper's where the data are its.

    None if nothing was evaluated.
    """
    if "segmentation" not in files.tables:
        return None
    table = read_table(files.tables["segmentation"])
    table = pd.concat([rows for _, rows in table.groupby("set", sort=False)])
    shown = pd.DataFrame(
        {
            "target": _targets(table),
            "mean IoU": list(zip(table["mean_iou"], table["std"], strict=True)),
            "seeds": table["seeds"],
            "images": table["set"] + " (" + table["images"].astype(str) + ")",
            "shots and images seen": table["samples"],
            "row of the paper": table["published_row"],
        }
    )
    if table["published"].notna().any():
        shown = shown.assign(published=table["published"], difference=table["difference"])
    return grid_of("Mean IoU in per cent, mean ± standard deviation over the seeds", shown)


def on_the_papers_data(files: RunFiles) -> bool:
    """Whether a target was trained and evaluated on the paper's data."""
    if "segmentation" not in files.tables:
        return False
    return bool(read_table(files.tables["segmentation"])["papers_data"].any())


def corloc(files: RunFiles) -> Grid | None:
    """CorLoc of the motion masks and of each localizing target, class by class."""
    if "table4" not in files.tables:
        return None
    table = read_table(files.tables["table4"])
    ours = table[table["source"] != "published"].dropna(axis="columns", how="all")
    classes = [name for name in ours if name not in NAMING | FIGURES | _TABLE4]
    std = ours["std"] if "std" in ours else np.full(len(ours), np.nan)
    shown = pd.DataFrame(
        {
            "source": ours["source"],
            "average": list(zip(ours["average"], std, strict=True)),
            **{name: ours[name] for name in classes},
            "dataset": ours["dataset"],
            "seeds": ours["seeds"],
            "frames": ours["frames"],
        }
    )
    return grid_of("CorLoc in per cent: frames with a box that overlaps the true one", shown)


_TABLE4 = {"supervision", "method", "source", "dataset", "average", "frames", "boxes"}


def by_class(files: RunFiles) -> Iterator[tuple[str, Grid, list[Chart]]]:
    """For each set of images a table of the IoU of each class, and a chart per class."""
    if not files.ious:
        return
    every = pd.concat(
        read_iou(path).assign(target=name_of(experiment, stage, postprocessing), seed=seed)
        for (experiment, stage, seed, postprocessing), path in files.ious.items()
    )
    every["iou"] *= 100
    for images, group in every.groupby("set", sort=False):
        keys = ["target", "class"]
        figures = group.groupby(keys, sort=False)["iou"].agg(["mean", "std"])
        targets = list(dict.fromkeys(group["target"]))
        classes = list(dict.fromkeys(group["class"]))
        pairs: dict[str, list[Any]] = {"target": targets}
        charts = []
        for name in classes:
            rows = figures.xs(name, level="class").reindex(targets)
            pairs[name] = list(zip(rows["mean"], rows["std"], strict=True))
            if rows["mean"].notna().any():
                text = ", ".join(f"{t} {v:.1f}" for t, v in rows["mean"].dropna().items())
                means, deviations = rows["mean"].fillna(0).tolist(), rows["std"].tolist()
                svg = bars(f"{images} {name}", targets, means, deviations)
                charts.append(Chart(name, svg, text))
        caption = f"IoU in per cent on {images}, mean ± standard deviation over the seeds"
        yield str(images), grid_of(caption, pd.DataFrame(pairs)), charts


def confusions(files: RunFiles) -> Iterator[Grid]:
    """For each target and set of images where the pixels of each label go, in per cent."""
    tables: dict[tuple[str, str], list[pd.DataFrame]] = {}
    for (experiment, stage, _, postprocessing), path in files.confusions.items():
        for images, table in pd.read_csv(path).groupby("set", sort=False):
            key = name_of(experiment, stage, postprocessing), str(images)
            tables.setdefault(key, []).append(table.set_index("true").filter(like="predicted_"))
    for (target, images), found in tables.items():
        yield _confusion(f"{target} on {images}", found)


def _confusion(name: str, tables: list[pd.DataFrame]) -> Grid:
    counts = np.sum([table.to_numpy(float) for table in tables], axis=0)
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.full_like(counts, np.nan), where=totals > 0)
    labels = [str(label) for label in tables[0].index]
    rows = [[Cell(label), *map(_shaded, row)] for label, row in zip(labels, shares, strict=True)]
    caption = f"{name}: a row is a true label, its cells where its pixels go, in per cent"
    return Grid(caption, ["true", *labels], rows, frozenset(labels))


def _shaded(share: float) -> Cell:
    return Cell(NOTHING) if np.isnan(share) else Cell(f"{100 * share:.0f}", share, share)


def sensitivity(files: RunFiles) -> list[Chart]:
    """Mean IoU over the values of a setting, where the run has two of them or more."""
    if "sensitivity" not in files.tables:
        return []
    table = read_table(files.tables["sensitivity"])
    charts = []
    for parameter, group in table.groupby("parameter", sort=False):
        series = {}
        for method, rows in group.groupby("method", sort=False):
            ours = rows.dropna(subset=[OURS])
            if len(ours) > 1:
                xs = ours["value"].astype(float)
                series[f"{method}"] = (xs.tolist(), ours[OURS].tolist(), ours["std"].tolist())
                if "published" in rows and rows["published"].notna().any():
                    xs, known = rows["value"].astype(float), rows["published"].tolist()
                    series[f"{method}, published"] = (xs.tolist(), known, [0.0] * len(rows))
        if series:
            text = "; ".join(
                f"{name}: " + ", ".join(f"{x:g} {y:.1f}" for x, y in zip(xs, ys, strict=True))
                for name, (xs, ys, _) in series.items()
            )
            charts.append(
                Chart(
                    str(parameter), points(str(parameter), series, str(parameter), "mean IoU"), text
                )
            )
    return charts


def paper_grids(files: RunFiles) -> Iterator[tuple[str, Grid]]:
    """The paper's tables that the run reproduces rows of, as their CSV files have them."""
    for name, path in files.tables.items():
        if name not in ("segmentation", "shots", "skipped"):
            table = read_table(path).dropna(axis="columns", how="all")
            yield name, grid_of(name, table)


def _targets(table: pd.DataFrame) -> list[str]:
    columns = ["experiment", "stage", "postprocessing"]
    return [name_of(*row) for row in table[columns].itertuples(index=False, name=None)]

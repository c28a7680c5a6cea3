"""Sections of the report about data: what was used, pruned, selected and skipped."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from mcnn.artefacts.base import read_csv
from mcnn.artefacts.images import read_images
from mcnn.artefacts.pruned import read_pruned
from mcnn.artefacts.selected import KINDS
from mcnn.artefacts.shots import read_shots
from mcnn.report.cells import Grid, grid_of
from mcnn.report.run_files import RunFiles


class Funnel(NamedTuple):
    """What became of the shots of a dataset: a step each, with a number and its share of all."""

    dataset: str
    steps: list[tuple[str, int, float]]


def datasets(files: RunFiles, config: Mapping[str, Any]) -> Grid | None:
    """The datasets of videos of the run."""
    rows = []
    for name, path in files.shots.items():
        shots = read_shots(path)
        kept = read_pruned(files.pruned[name])["kept"].sum() if name in files.pruned else None
        settings = config["datasets"][name]
        rows.append(
            {
                "dataset": name,
                "layout": settings["format"],
                "folder": settings["root"],
                "videos": len({shot.video for shot in shots}),
                "shots": len(shots),
                "kept": kept,
                "motion masks": "computed"
                if settings["motion"]["format"] == "segment"
                else settings["motion"]["format"],
            }
        )
    return grid_of("Datasets of tagged videos", pd.DataFrame(rows)) if rows else None


def image_sets(files: RunFiles, config: Mapping[str, Any]) -> Grid | None:
    """The sets of images of the run, and what they are for."""
    rows = []
    evaluated = {name for names in config["evaluated_on"].values() for name in names}
    trained = {
        record["images"] for stages in config["stages"].values() for record in stages.values()
    }
    for name, path in files.images.items():
        settings = config["images"][name]
        used = [word for word, names in USES if name in (evaluated if names else trained)]
        rows.append(
            {
                "images": name,
                "layout": settings["format"],
                "split": settings.get("split"),
                "folder": settings.get("root", settings.get("images")),
                "number": len(read_images(path)),
                "for": " and ".join(used),
            }
        )
    return grid_of("Sets of images", pd.DataFrame(rows)) if rows else None


USES = (("training", False), ("evaluation", True))


def funnels(files: RunFiles) -> list[Funnel]:
    """What became of the shots of each dataset that was trained on."""
    found = []
    for dataset, path in files.pruned.items():
        table = read_pruned(path)
        total = len(table)
        steps = [("shots", total)]
        dropped = table.loc[~table["kept"], "reason"].map(kind_of)
        left = total
        for kind, count in dropped.value_counts().items():
            left -= int(count)
            steps.append((f"without: {kind} ({count})", left))
        for (name, experiment, seed), selected in files.selected.items():
            if name == dataset:
                chosen = _selection(selected)["selected"].sum()
                steps.append((f"selected by {experiment}, seed {seed}", int(chosen)))
        shares = [(label, count, count / total if total else 0.0) for label, count in steps]
        found.append(Funnel(dataset, shares))
    return found


def kind_of(reason: str) -> str:
    """A reason without the numbers of the single shot.

    Examples
    --------
    >>> kind_of("shorter than 20 frames (16)")
    'shorter than 20 frames'
    """
    return re.split(r" \(|: ", reason)[0]


def dropped_shots(files: RunFiles) -> Iterator[tuple[str, Grid]]:
    """Of each dataset the shots that were dropped, each with its reason."""
    for dataset, path in files.pruned.items():
        table = read_pruned(path)
        rows = table.loc[~table["kept"], ["video", "shot", "reason"]]
        if len(rows):
            yield dataset, grid_of(f"Shots of {dataset} that were dropped", rows)


def selected_shots(files: RunFiles) -> Iterator[tuple[str, Grid]]:
    """The shots that each initial model selected for fine-tuning."""
    for (dataset, experiment, seed), path in files.selected.items():
        table = _selection(path)
        rows = table.loc[table["selected"], ["video", "shot", "overlap"]]
        name = f"{experiment}, seed {seed}"
        caption = f"Shots of {dataset} selected by {name}: overlap of prediction and motion mask"
        yield name, grid_of(caption, rows, {"overlap": 3})


def _selection(path: Path) -> pd.DataFrame:
    return read_csv(path, KINDS, "a table of selected shots")


def shots_by_class(files: RunFiles) -> Grid | None:
    """Videos and shots of each class."""
    table = pd.read_csv(files.tables["shots"], keep_default_na=False)
    return grid_of("Videos and shots of each class", table) if len(table) else None


def skipped(files: RunFiles) -> Grid | None:
    """What could not be read."""
    table = pd.read_csv(files.tables["skipped"], dtype=str, keep_default_na=False)
    return grid_of("Left out because it could not be read", table) if len(table) else None

"""Table of segmentation results, with the paper's numbers beside ours."""

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mcnn.config.resolve import parse_target
from mcnn.errors import DataError
from mcnn.evaluation.evaluate import MEAN

VARIANT = {
    "table1": ["fov"],
    "table2": ["dataset"],
    "table3": ["training_data"],
    "sensitivity": ["parameter", "value"],
    "image_labels": ["image_labels"],
}
"""Columns that tell the rows of one method apart, by table of the paper."""

Run = tuple[str, str, int]
"""Experiment, stage and seed."""

Sources = Mapping[tuple[str, str], Sequence[Mapping[str, str]]]
"""The paper's rows (table, method, variant) that an (experiment, stage) reproduces."""


def segmentation_table(
    ious: Mapping[Run, Path], records: Mapping[Run, Path], published: Sources
) -> pd.DataFrame:
    """Mean and standard deviation over seeds of each experiment and stage.

    Parameters
    ----------
    ious
        iou.csv of each evaluated training, in the order of the rows.
    records
        run.json of each of them, and of all trainings that they start from.
    published
        See `published_sources`.

    Returns
    -------
    A row per experiment, stage, image set and post-processing, with columns experiment, stage,
    set, images, postprocessing, seeds, samples (see `training_samples`, of the first seed),
    mean_iou and std in per cent (std with n - 1 in the denominator, empty for one seed), the
    published rows, the number of the first of them, the difference to it, and the IoU of each
    class.
    """
    runs = pd.concat(
        pd.read_csv(path).assign(experiment=experiment, stage=stage, seed=seed)
        for (experiment, stage, seed), path in ious.items()
    )
    rows = []
    keys = ["experiment", "stage", "set", "postprocessing"]
    for key, group in runs.groupby(keys, sort=False):
        experiment, stage, image_set, postprocessing = map(str, key)
        values = 100 * group.pivot_table(index="class", columns="seed", values="iou", dropna=False)
        order = list(dict.fromkeys(group["class"]))
        mean = values.loc[MEAN]
        row: dict[str, Any] = {
            "experiment": experiment,
            "stage": stage,
            "set": image_set,
            "images": group["images"].iloc[0],
            "postprocessing": postprocessing,
            "seeds": values.shape[1],
            "samples": training_samples(records, (experiment, stage, int(values.columns[0]))),
            "mean_iou": mean.mean(),
            "std": mean.std(ddof=1),
        }
        row |= _published(published.get((experiment, stage), ()), row["mean_iou"])
        row |= {name: values.loc[name].mean() for name in order if name != MEAN}
        rows.append(row)
    return pd.DataFrame(rows).round(2)


def training_samples(records: Mapping[Run, Path], training: Run) -> int:
    """Number of distinct shots and images that a training and those before it have seen.

    The column "# samples" of the paper's table 3: "number of videos shots + number of VOC training
    images" (section 4.4). Fine-tuning goes back to shots of the initial training, which count once.

    Parameters
    ----------
    records
        run.json of the training and of all that it starts from.
    training
        Experiment, stage and seed.

    Raises
    ------
    DataError
        If a record is broken.
    """
    samples: set[tuple[str, str]] = set()
    experiment, stage, seed = training
    start: str | None = f"{experiment}/{stage}"
    while start:
        path = records[(*parse_target(start), seed)]
        try:
            run = json.loads(path.read_text(encoding="utf-8"))
            samples |= {(run["settings"]["dataset"], shot) for shot in run["shots"]}
            samples |= {("images", image) for image in run["images"]}
            start = run["settings"]["start"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(
                path, f"this is no record of a training ({error!r})", "run its stage again"
            ) from error
    return len(samples)


def published_table(name: str) -> pd.DataFrame:
    """A table of the paper: one that `VARIANT` has, or table4."""
    with (files("mcnn.report") / "published" / f"{name}.csv").open() as file:
        # As written: 4 rounds, but an alpha of 1.0.
        return pd.read_csv(file, dtype={"value": str})


def variants(name: str, table: pd.DataFrame) -> pd.Series:
    """What tells the rows of one method apart, as text; `table` has the columns of the paper's."""
    return table[VARIANT[name]].astype(str).agg(" ".join, axis=1)


def published_row(table: str, method: str, variant: str) -> pd.Series:
    """Row of a table of the paper.

    Raises
    ------
    DataError
        If the table has no such row.
    """
    rows = published_table(table)
    match = rows[(rows["method"] == method) & (variants(table, rows) == variant)]
    if len(match) != 1:
        raise DataError(
            f"{table} of the paper",
            f"has no row {method!r} with {' '.join(VARIANT[table])} {variant!r}",
            "correct `published` of the experiment",
        )
    return match.iloc[0]


def _published(sources: Sequence[Mapping[str, str]], mean_iou: float) -> dict[str, Any]:
    names = [f"{row['table']}: {row['method']}, {row['variant']}" for row in sources]
    figures = [published_row(**row)["average"] for row in sources] or [np.nan]
    return {
        "published_row": "; ".join(names),
        "published": figures[0],
        "difference": mean_iou - figures[0],
    }


def published_sources(
    experiments: Mapping[str, Mapping], targets: Sequence[str]
) -> dict[tuple[str, str], Sequence[Mapping[str, str]]]:
    """The paper's rows (table, method, variant) that each target reproduces."""
    sources = {}
    for target in targets:
        experiment, stage = parse_target(target)
        sources[experiment, stage] = experiments[experiment]["published"].get(stage, [])
    return sources

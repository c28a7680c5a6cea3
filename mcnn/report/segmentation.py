"""Table of segmentation results, with the paper's numbers beside ours."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mcnn.errors import DataError
from mcnn.evaluation.evaluate import MEAN

VARIANT = {"table1": "fov", "table2": "dataset", "table3": "training_data"}
"""Column that tells the rows of one method apart, by table of the paper."""


def segmentation_table(
    ious: Mapping[tuple[str, str, int], Path], published: Mapping[tuple[str, str], Mapping]
) -> pd.DataFrame:
    """Mean and standard deviation over seeds of each experiment and stage.

    Parameters
    ----------
    ious
        iou.csv of each (experiment, stage, seed), in the order of the rows.
    published
        The row of the paper (table, method, variant) that an (experiment, stage) reproduces.

    Returns
    -------
    A row per experiment, stage, image set and post-processing, with columns experiment, stage,
    set, images, postprocessing, seeds, mean_iou and std in per cent (std with n - 1 in the
    denominator, empty for one seed), the published row, its number and their difference, and the
    IoU of each class.
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
            "mean_iou": mean.mean(),
            "std": mean.std(ddof=1),
        }
        row |= _published(published.get((experiment, stage)), row["mean_iou"])
        row |= {name: values.loc[name].mean() for name in order if name != MEAN}
        rows.append(row)
    return pd.DataFrame(rows).round(2)


def published_table(name: str) -> pd.DataFrame:
    """A table of the paper: table1, table2 or table3."""
    with (files("mcnn.report") / "published" / f"{name}.csv").open() as file:
        return pd.read_csv(file)


def published_row(table: str, method: str, variant: str) -> pd.Series:
    """Row of a table of the paper.

    Raises
    ------
    DataError
        If the table has no such row.
    """
    rows = published_table(table)
    match = rows[(rows["method"] == method) & (rows[VARIANT[table]] == variant)]
    if len(match) != 1:
        raise DataError(
            f"{table} of the paper",
            f"has no row {method!r} with {VARIANT[table]} {variant!r}",
            "correct `published` of the experiment",
        )
    return match.iloc[0]


def _published(source: Mapping | None, mean_iou: float) -> dict[str, Any]:
    if source is None:
        return {"published_row": "", "published": np.nan, "difference": np.nan}
    row = published_row(**source)
    return {
        "published_row": f"{source['table']}: {source['method']}, {source['variant']}",
        "published": row["average"],
        "difference": mean_iou - row["average"],
    }


def published_sources(
    experiments: Mapping[str, Mapping], targets: Sequence[str]
) -> dict[tuple[str, str], Mapping]:
    """The paper's row of each target that declares one."""
    sources = {}
    for target in targets:
        experiment, stage = target.split("/")
        if stage in experiments[experiment]["published"]:
            sources[experiment, stage] = experiments[experiment]["published"][stage]
    return sources

"""Table 4 of the paper with our results beside the published ones."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mcnn.artefacts.scores import MEAN, read_corloc
from mcnn.report.papers_data import of_other_data

MOTION, OURS = "[29] FOS", "M-CNN"
"""Rows of the paper that the motion masks and the trained networks reproduce."""

Localization = tuple[str, str, int, str]
"""Experiment, stage, seed and dataset."""

PUBLISHED = "published"
TITLE = "Table 4 and section 4.5: co-localization, CorLoc"


def title(table: pd.DataFrame) -> str:
    """Caption of a `colocalization_table`."""
    return TITLE if (table["source"] == PUBLISHED).any() else of_other_data(TITLE)


def colocalization_table(
    motion: Mapping[str, Path],
    networks: Mapping[Localization, Path],
    scored_on: Mapping[str, Mapping[str, str]],
    paper: pd.DataFrame,
    papers_datasets: Collection[str] = (),
) -> pd.DataFrame:
    """CorLoc of each class in per cent, the paper's rows with ours below those they reproduce.

    Ours alone unless all the datasets are the paper's.

    Parameters
    ----------
    motion
        corloc.csv of the motion masks, by dataset.
    networks
        corloc.csv of each experiment, stage, seed and dataset.
    scored_on
        Of each dataset the one of the paper that it stands for (``published``) and the ``split`` of
        its ground truth.
    paper
        The table as published; see `mcnn.report.paper.read_published`.
    papers_datasets
        Datasets of videos that are the paper's.

    Returns
    -------
    Columns supervision, method, source (``published``, ``motion masks`` or experiment/stage),
    dataset and split, a column per class, average (over the classes), std (of the average over
    seeds, with n - 1 in the denominator; NaN for one), seeds, frames and boxes of the ground truth
    that were scored.
    """
    split = {name: each["split"] for name, each in scored_on.items()}
    rows: list[dict[str, Any]] = []
    for line in paper.to_dict("records"):
        named = {key: line.pop(key) for key in ("supervision", "method")}
        dataset = line.pop("dataset")
        scores = {str(key): value for key, value in line.items()}
        rows.append({**named, "source": PUBLISHED, "dataset": dataset, "split": None, **scores})
        ours = {MOTION: _motion_rows(motion), OURS: _network_rows(networks)}
        for row in ours.get(str(named["method"]), ()):
            if scored_on[row["dataset"]]["published"] == dataset:
                rows.append({**named, **row, "split": split[row["dataset"]]})
    if not set(scored_on) <= set(papers_datasets):
        rows = [row for row in rows if row["source"] != PUBLISHED]
    table = pd.DataFrame(rows)
    last = ["average", "std", "seeds", "frames", "boxes"]
    table = table.reindex(columns=[*(c for c in table if c not in last), *last])
    counts = {name: table[name].fillna(0).astype(int) for name in last[2:]}
    return table.assign(**counts)


def _motion_rows(motion: Mapping[str, Path]) -> Iterator[dict[str, Any]]:
    for dataset, path in motion.items():
        yield {"source": "motion masks", "dataset": dataset, **_scores([path])}


def _network_rows(networks: Mapping[Localization, Path]) -> Iterator[dict[str, Any]]:
    targets: dict[tuple[str, str, str], list[Path]] = {}
    for (experiment, stage, _, dataset), path in networks.items():
        targets.setdefault((experiment, stage, dataset), []).append(path)
    for (experiment, stage, dataset), paths in targets.items():
        yield {"source": f"{experiment}/{stage}", "dataset": dataset, **_scores(paths)}


def _scores(paths: Sequence[Path]) -> dict[str, Any]:
    tables = [read_corloc(path).set_index("class") for path in paths]
    scores = pd.concat([table["corloc"] for table in tables], axis=1)
    averages = scores.loc[MEAN]
    classes = scores.drop(index=MEAN).mean(axis=1)
    return {
        **{str(name): value for name, value in classes.items()},
        "average": averages.mean(),
        "std": averages.std(ddof=1) if len(averages) > 1 else np.nan,
        "seeds": len(tables),
        "frames": tables[0].loc[MEAN, "frames"],
        "boxes": tables[0].loc[MEAN, "boxes"],
    }

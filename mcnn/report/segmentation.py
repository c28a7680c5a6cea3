"""Table of segmentation results, with the paper's numbers beside ours."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mcnn.artefacts.run import Run, read_run
from mcnn.artefacts.scores import MEAN, read_iou
from mcnn.report.paper import published_row
from mcnn.report.papers_data import NO_DATA, PapersData

Training = tuple[str, str, int]
"""Experiment, stage and seed."""

Evaluation = tuple[str, str, int, str]
"""Experiment, stage, seed and post-processing."""

Rows = Sequence[Mapping[str, str]]
"""The paper's rows that targets reproduce: experiment, stage, postprocessing, table, method,
variant."""


def segmentation_table(
    ious: Mapping[Evaluation, Path],
    records: Mapping[Training, Path],
    rows: Rows,
    splits: Mapping[str, str],
    published: Mapping[str, pd.DataFrame],
    papers_data: PapersData = NO_DATA,
) -> pd.DataFrame:
    """Mean and standard deviation over seeds of each experiment and stage.

    Parameters
    ----------
    ious
        iou.csv of each evaluation, in the order of the rows.
    records
        run.json of the training of each of them, and of all trainings that they start from.
    rows
        The paper's rows that they reproduce.
    splits
        Split of the sets of images that have one, by their names.
    published
        The paper's tables that have these rows, by name; see `mcnn.report.paper.read_published`.
    papers_data
        Which data of the run are the paper's.

    Returns
    -------
    A row per experiment, stage, image set and post-processing, with columns experiment, stage,
    set, split, images, postprocessing, seeds, samples (see `training_samples`, of the first seed),
    mean_iou and std in per cent (std with n - 1 in the denominator, empty for one seed), the
    published rows, papers_data (whether the row is trained and evaluated on the paper's data), only
    then the number of the first of the published rows and the difference to it, and the IoU of each
    class.
    """
    runs = pd.concat(
        read_iou(path).assign(experiment=experiment, stage=stage, seed=seed)
        for (experiment, stage, seed, _), path in ious.items()
    )
    lines = []
    keys = ["experiment", "stage", "set", "postprocessing"]
    for key, group in runs.groupby(keys, sort=False):
        experiment, stage, image_set, postprocessing = map(str, key)
        values = 100 * group.pivot_table(index="class", columns="seed", values="iou", dropna=False)
        order = list(dict.fromkeys(group["class"]))
        mean = values.loc[MEAN]
        line: dict[str, Any] = {
            "experiment": experiment,
            "stage": stage,
            "set": image_set,
            "split": splits.get(image_set),
            "images": group["images"].iloc[0],
            "postprocessing": postprocessing,
            "seeds": values.shape[1],
            "samples": training_samples(records, (experiment, stage, int(values.columns[0]))),
            "mean_iou": mean.mean(),
            "std": mean.std(ddof=1),
        }
        target = {"experiment": experiment, "stage": stage, "postprocessing": postprocessing}
        mine = [row for row in rows if target.items() <= row.items()]
        training = experiment, stage, int(values.columns[0])
        datasets = {run.settings.dataset for run in chain(records, training)} - {None}
        same = line["images"] == papers_data.images.get(image_set)
        same = bool(same and datasets <= set(papers_data.datasets))
        line |= _published(mine, published, line["mean_iou"], same)
        line |= {name: values.loc[name].mean() for name in order if name != MEAN}
        lines.append(line)
    return pd.DataFrame(lines)


def training_samples(records: Mapping[Training, Path], training: Training) -> int:
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
    return len(set().union(*(run.samples() for run in chain(records, training))))


def chain(records: Mapping[Training, Path], training: Training) -> Iterator[Run]:
    """The records of a training and of those that it starts from, the last first."""
    experiment, stage, seed = training
    while experiment:
        run = read_run(records[experiment, stage, seed])
        yield run
        experiment, _, stage = (run.settings.start or "").partition("/")


def _published(
    rows: Rows, published: Mapping[str, pd.DataFrame], mean_iou: float, same: bool
) -> dict[str, Any]:
    names = [f"{row['table']}: {row['method']}, {row['variant']}" for row in rows]
    found = [
        published_row(row["table"], published[row["table"]], row["method"], row["variant"])
        for row in rows
    ]
    first = found[0]["average"] if found and same else np.nan
    return {
        "published_row": "; ".join(names),
        "papers_data": same,
        "published": first,
        "difference": mean_iou - first,
    }

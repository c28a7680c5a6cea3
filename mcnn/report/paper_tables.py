"""The paper's tables and figures of its text with our results beside them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mcnn.label_space import BACKGROUND, YOUTUBE_OBJECTS_CLASSES
from mcnn.report.paper import VARIANT, variants
from mcnn.report.segmentation import Rows

NOT_RUN = "not run"
TITLES = {
    "table1": "Table 1: segmentation of VOC 2012, training on YouTube-Objects",
    "table2": "Table 2: segmentation of VOC 2012 by training data",
    "table3": "Table 3: segmentation of VOC 2012, 20 classes; published on its test set",
    "sensitivity": "Section 4.2: rounds of label inference, and alpha, on YouTube-Objects",
    "image_labels": "Section 4.4: labels of the tagged images in joint training",
}


def paper_table(name: str, results: pd.DataFrame, rows: Rows, paper: pd.DataFrame) -> pd.DataFrame:
    """A table of the paper, row by row, with ours.

    Parameters
    ----------
    name
        One of `TITLES`.
    results
        See `mcnn.report.segmentation.segmentation_table`; of several image sets the first counts.
    rows
        The paper's rows that they reproduce.
    paper
        The table as published; see `mcnn.report.paper.read_published`.

    Returns
    -------
    A row for each of the paper's, with its columns that name it, then published, ours, std, seeds,
    difference (ours less the published one), set, images, postprocessing of ours, and experiment,
    which is "not run" where nothing in the run reproduces it. Table 3 also has published_10 and
    ours_10, the mean over the background and the ten classes with videos, and published_samples
    and samples, what was trained on. Figures are mean IoU in per cent.
    """
    first = results.drop_duplicates(["experiment", "stage"])
    found = {(line["experiment"], line["stage"]): line for line in first.to_dict("records")}
    ours = {
        (row["method"], row["variant"]): found[row["experiment"], row["stage"]]
        for row in rows
        if row["table"] == name
    }
    named = [key for key in ("supervision", "method", "dataset", *VARIANT[name]) if key in paper]
    lines = [
        {key: line[key] for key in dict.fromkeys(named)}
        | _figures(line, ours.get((line["method"], variant), {}))
        for line, variant in zip(paper.to_dict("records"), variants(name, paper), strict=True)
    ]
    return pd.DataFrame(lines).round(2)


def _figures(line: Mapping[Any, Any], row: Mapping[Any, Any]) -> dict[str, Any]:
    """Published figures of a line of the paper, and ours, `row`; it is empty if there are none."""
    mean = row.get("mean_iou", np.nan)
    figures = {
        "published": line["average"],
        "ours": mean,
        "std": row.get("std", np.nan),
        "seeds": row.get("seeds", 0),
        "difference": mean - line["average"],
    }
    if "average_10_classes" in line:
        figures["published_10"] = line["average_10_classes"]
        figures["ours_10"] = _mean_of_ten(row)
    if "samples" in line:
        figures["published_samples"] = line["samples"]
        figures["samples"] = row.get("samples", 0)
    return figures | {
        "set": row.get("set"),
        "images": row.get("images", 0),
        "postprocessing": row.get("postprocessing"),
        "experiment": f"{row['experiment']}/{row['stage']}" if row else NOT_RUN,
    }


def _mean_of_ten(row: Mapping[Any, Any]) -> float:
    """Mean IoU of the background and the ten classes with videos; NaN if one was not trained."""
    ious = [row.get(name, np.nan) for name in (BACKGROUND, *YOUTUBE_OBJECTS_CLASSES)]
    return float(np.mean(ious))

"""The paper's tables and figures of its text with our results beside them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from mcnn.label_space import BACKGROUND, YOUTUBE_OBJECTS_CLASSES
from mcnn.report.paper import VARIANT, variants
from mcnn.report.papers_data import of_other_data
from mcnn.report.segmentation import Rows

NOT_RUN, PUBLISHED, DIFFERENCE = "not run", "published", "difference"
VAL_OF_TEN_CLASSES = 909
"""Images of VOC 2012 val that show one of the ten classes (section 4.1)."""
TITLES = {
    "table1": "Table 1: segmentation of VOC 2012, training on YouTube-Objects",
    "table2": "Table 2: segmentation of VOC 2012 by training data",
    "table3": "Table 3: segmentation of VOC 2012, 20 classes; published on its test set",
    "sensitivity": "Section 4.2: rounds of label inference, and alpha, on YouTube-Objects",
    "image_labels": "Section 4.4: labels of the tagged images in joint training",
}

SPLITS = dict.fromkeys(TITLES, "val") | {"table3": "test"}
"""Split of VOC 2012 on which each table was published."""


def paper_table(name: str, results: pd.DataFrame, rows: Rows, paper: pd.DataFrame) -> pd.DataFrame:
    """A table of the paper, row by row, with ours; ours alone where they are on other data.

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
    See `_by_class` for a table that was published class by class, else `_side_by_side`. Figures
    are IoU in per cent. Unless all rows of ours are on the paper's data there is nothing published
    and no difference in it.
    """
    keys = ["experiment", "stage", "postprocessing"]
    first = results.drop_duplicates(keys)
    found = {tuple(line[key] for key in keys): line for line in first.to_dict("records")}
    ours = {
        (row["method"], row["variant"]): found[tuple(row[key] for key in keys)]
        for row in rows
        if row["table"] == name
    }
    columns = [key for key in ("supervision", "method", "dataset", *VARIANT[name]) if key in paper]
    lines: list[dict[str, Any]] = []
    for line, variant in zip(paper.to_dict("records"), variants(name, paper), strict=True):
        named = {key: line[key] for key in dict.fromkeys(columns)}
        row = ours.get((line["method"], variant), {})
        if YOUTUBE_OBJECTS_CLASSES[0] in line:
            lines += _by_class(named, line, row)
        else:
            lines.append(named | _side_by_side(line, row, SPLITS[name]))
    table = pd.DataFrame(lines)
    return table if on_the_papers_data(ours.values()) else _ours_alone(table)


def title(name: str, table: pd.DataFrame) -> str:
    """Caption of a `paper_table`."""
    beside = PUBLISHED in table or ("source" in table and (table["source"] == PUBLISHED).any())
    return TITLES[name] if beside else of_other_data(TITLES[name])


def on_the_papers_data(rows: Iterable[Mapping[Any, Any]]) -> bool:
    """Whether the rows of a table of segmentation results are all on the paper's data."""
    return all(row["papers_data"] for row in rows)


def _ours_alone(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of ours, without what is published and the difference to it."""
    source = "source" if "source" in table else "experiment"
    kept = table[~table[source].isin([PUBLISHED, NOT_RUN])]
    published = [name for name in kept if str(name).startswith((PUBLISHED, DIFFERENCE))]
    return kept.drop(columns=published).dropna(axis="columns", how="all").reset_index(drop=True)


def _by_class(
    named: Mapping[str, Any], line: Mapping[Any, Any], row: Mapping[Any, Any]
) -> Iterator[dict[str, Any]]:
    """A published line, and below it ours where we have it, as the paper's tables are printed.

    Columns: what names the row, source (``published``, or experiment/stage), the IoU of the
    background and of each class, their average, std over the seeds, seeds, difference (ours less
    the published average), and the set, split, images and postprocessing of the evaluation.
    """
    yield {
        **named,
        "source": PUBLISHED,
        BACKGROUND: line["bkg"],
        **{name: line[name] for name in YOUTUBE_OBJECTS_CLASSES},
        **{"average": line["average"], "std": line["std"], "seeds": line["runs"]},
        **{"difference": np.nan, "set": "VOC 2012", "split": "val"},
        **{"images": VAL_OF_TEN_CLASSES, "postprocessing": "none"},
    }
    if row:
        yield {
            **named,
            "source": _source(row),
            **{name: row.get(name, np.nan) for name in (BACKGROUND, *YOUTUBE_OBJECTS_CLASSES)},
            **{"average": row["mean_iou"], "std": row["std"], "seeds": row["seeds"]},
            "difference": row["mean_iou"] - line["average"],
            **{key: row[key] for key in ("set", "split", "images", "postprocessing")},
        }


def _side_by_side(line: Mapping[Any, Any], row: Mapping[Any, Any], split: str) -> dict[str, Any]:
    """Published figures of a line of the paper beside ours, `row`; it is empty if there are none.

    Columns: published, published_split, ours, std, seeds, difference (ours less the published
    one), set, split, images, postprocessing of ours, and experiment, which is "not run" where
    nothing in the run reproduces it. Table 3 also has published_10 and ours_10, the mean over the
    background and the ten classes with videos, and published_samples and samples, what was trained
    on.
    """
    mean = row.get("mean_iou", np.nan)
    figures = {
        "published": line["average"],
        "published_split": split,
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
        "split": row.get("split"),
        "images": row.get("images", 0),
        "postprocessing": row.get("postprocessing"),
        "experiment": _source(row) if row else NOT_RUN,
    }


def _source(row: Mapping[Any, Any]) -> str:
    return f"{row['experiment']}/{row['stage']}"


def _mean_of_ten(row: Mapping[Any, Any]) -> float:
    """Mean IoU of the background and the ten classes with videos; NaN if one was not trained."""
    ious = [row.get(name, np.nan) for name in (BACKGROUND, *YOUTUBE_OBJECTS_CLASSES)]
    return float(np.mean(ious))

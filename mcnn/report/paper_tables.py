"""The paper's tables 1 to 3 with our results beside the published ones."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from mcnn.files import write_csv, write_text
from mcnn.report.segmentation import VARIANT, published_table

NOT_RUN = "not run"
TITLES = {
    "table1": "Table 1: segmentation of VOC 2012, training on YouTube-Objects",
    "table2": "Table 2: segmentation of VOC 2012 by training data",
    "table3": "Table 3: segmentation of VOC 2012, 20 classes",
}


def paper_table(
    name: str, results: pd.DataFrame, published: Mapping[tuple[str, str], Mapping]
) -> pd.DataFrame:
    """A table of the paper, row by row, with ours.

    Parameters
    ----------
    name
        table1, table2 or table3.
    results
        See `mcnn.report.segmentation.segmentation_table`; of several image sets the first counts.
    published
        The row of the paper (table, method, variant) that an (experiment, stage) reproduces.

    Returns
    -------
    A row for each of the paper's, with its columns that name it, then published, ours, std, seeds,
    difference (ours less the published one), images, postprocessing of ours, and experiment, which
    is "not run" where nothing in the run reproduces it. Figures are mean IoU in per cent.
    """
    paper = published_table(name)
    first = results.drop_duplicates(["experiment", "stage"])
    ours = {
        (source["method"], source["variant"]): row
        for row in first.to_dict("records")
        if (source := published.get((row["experiment"], row["stage"]), {})).get("table") == name
    }
    named = [key for key in ("supervision", "method", VARIANT[name]) if key in paper]
    rows = []
    for line in paper.to_dict("records"):
        row = ours.get((line["method"], str(line[VARIANT[name]])))
        rows.append(
            {
                **{key: line[key] for key in named},
                "published": line["average"],
                "ours": row["mean_iou"] if row else np.nan,
                "std": row["std"] if row else np.nan,
                "seeds": row["seeds"] if row else 0,
                "difference": row["mean_iou"] - line["average"] if row else np.nan,
                "images": row["images"] if row else 0,
                "postprocessing": row["postprocessing"] if row else None,
                "experiment": f"{row['experiment']}/{row['stage']}" if row else NOT_RUN,
            }
        )
    return pd.DataFrame(rows).round(2)


def write_paper_table(table: pd.DataFrame, name: str, paths: Sequence[str | Path]) -> None:
    """Write a table as CSV, Markdown and LaTeX, by the extension of each path."""
    for path in map(Path, paths):
        if path.suffix == ".csv":
            write_csv(path, table)
            continue
        shown = table.astype(object).where(table.notna(), "-")
        shown[["seeds", "images"]] = shown[["seeds", "images"]].replace(0, "-")
        if path.suffix == ".md":
            write_text(path, f"{TITLES[name]}\n\n{shown.to_markdown(index=False)}\n")
        else:
            text = shown.to_latex(index=False, escape=True, caption=TITLES[name])
            write_text(path, text)

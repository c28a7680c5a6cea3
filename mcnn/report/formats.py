"""Tables as CSV, Markdown and LaTeX."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from mcnn.files import write_csv, write_text
from mcnn.report.latex import PLUS_MINUS, latex_table

DIGITS = 1
"""Behind the point of all figures, in all formats: those that the paper prints."""
COUNTS = ("seeds", "images", "samples", "published_samples", "frames", "boxes")
"""Columns in which 0 stands for nothing."""
STD = "std"
EVALUATION = ("set", "split", "images", "postprocessing", "frames", "boxes")
"""Columns that LaTeX has no room for; they are in the other two."""
PUBLISHED, OURS = "published", "ours"
OF_OURS = ("seeds", "samples")
NAMES = {"supervision", "method", "source", "experiment", "fov", "training_data", "image_labels"}
NAMES |= {"parameter", "value"}
NOTHING = "–"


def write_paper_table(
    table: pd.DataFrame, title: str, paths: Sequence[str | Path], classes: str = "IoU"
) -> None:
    """Write a table as CSV, Markdown and LaTeX, by the extension of each path.

    Parameters
    ----------
    table
        Figures are rounded to `DIGITS`. In Markdown and LaTeX the column std joins the one before.
    title
        Its caption.
    paths
        Where to write. In LaTeX the name of the file is that of the label.
    classes
        What the columns of classes are, the heading above them in LaTeX.
    """
    rounded = table.copy()
    fractions = table.select_dtypes("float").columns
    rounded[fractions] = table[fractions].round(DIGITS)
    for path in map(Path, paths):
        if path.suffix == ".csv":
            write_csv(path, rounded)
            continue
        cells, numeric = _texts(rounded)
        if path.suffix == ".md":
            align = ["right" if name in numeric else "left" for name in cells]
            text = cells.to_markdown(index=False, disable_numparse=True, colalign=align)
            write_text(path, f"{title}\n\n{text}\n")
        else:
            cells = _ordered(cells.drop(columns=[name for name in EVALUATION if name in cells]))
            groups = [_group(str(name), cells, numeric, classes) for name in cells]
            text = latex_table(cells, numeric, groups, title, path.stem)
            write_text(path, text)


def _texts(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The cells as texts, and the columns of figures among them."""
    texts = pd.DataFrame({name: _column(table[name], str(name)) for name in table})
    numeric = [str(name) for name in table if pd.api.types.is_numeric_dtype(table[name])]
    if STD in table:
        before = list(table)[list(table).index(STD) - 1]
        known = table[STD].notna() & table[before].notna()
        texts[before] = texts[before] + np.where(known, PLUS_MINUS + texts[STD], "")
        texts = texts.drop(columns=STD)
    return texts, [name for name in numeric if name in texts]


def _column(values: pd.Series, name: str) -> pd.Series:
    if pd.api.types.is_float_dtype(values) and name not in COUNTS:
        return values.map(lambda value: NOTHING if pd.isna(value) else f"{value:.{DIGITS}f}")
    missing = values.isna() | (values.eq(0) if name in COUNTS else False)
    if pd.api.types.is_float_dtype(values):
        values = values.fillna(0).astype(int)
    return values.astype(object).map(str).mask(missing, NOTHING)


def _ordered(cells: pd.DataFrame) -> pd.DataFrame:
    """With the published columns beside each other, then ours, then the difference."""
    if OURS not in cells:
        return cells
    names = [str(name) for name in cells]
    start = names.index(PUBLISHED if PUBLISHED in names else OURS)
    return cells[names[:start] + sorted(names[start:], key=_place)]


def _place(name: str) -> int:
    if name.startswith(PUBLISHED):
        return 0
    return 1 if name.startswith(OURS) or name in OF_OURS else 2


def _group(name: str, cells: pd.DataFrame, numeric: Sequence[str], classes: str) -> str:
    if OURS in cells:
        return {0: PUBLISHED, 1: OURS, 2: ""}[_place(name)]
    named = name in NAMES or name in ("average", "seeds", "difference")
    return classes if name in numeric and not named else ""

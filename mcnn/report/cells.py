"""Tables of a page: what is shown in a cell, and by what its column is sorted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

NOTHING = "–"
"""Shown where there is no value."""


class Cell(NamedTuple):
    """A cell: its text, the number it is sorted by if it is one, and the shade of a heat map."""

    text: str
    number: float | None = None
    shade: float | None = None


@dataclass(frozen=True)
class Grid:
    """A table that can be sorted.

    Attributes
    ----------
    caption
        What it shows, for those who do not see it too.
    columns
        Headings.
    rows
        Cells, as many in each row as there are columns.
    numeric
        Headings of the columns of numbers, which are aligned to the right.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    numeric: frozenset[str] = field(default=frozenset())


def grid_of(caption: str, table: pd.DataFrame, digits: Mapping[str, int] | None = None) -> Grid:
    """A table of the page.

    Parameters
    ----------
    caption
        Its caption.
    table
        Its cells; those that are missing are `NOTHING`.
    digits
        Digits behind the point of the columns of fractions; others have 1. A column may hold pairs,
        a mean and its deviation, which are shown as ``mean ± deviation`` and sorted by the mean.

    Examples
    --------
    >>> grid_of("IoU", pd.DataFrame({"target": ["a"], "IoU": [(50.55, 1.26)]})).rows[0][1].text
    '50.5 ± 1.3'
    """
    digits = digits or {}
    columns = {
        str(name): [cell_of(value, digits.get(str(name), 1)) for value in table[name]]
        for name in table
    }
    numeric = {
        name
        for name, cells in columns.items()
        if cells and all(cell.number is not None or cell.text == NOTHING for cell in cells)
    }
    rows = list(zip(*columns.values(), strict=True))
    return Grid(caption, list(columns), rows, frozenset(numeric))


def cell_of(value: Any, digits: int) -> Cell:
    """A cell of a text, a number, or a mean with its deviation."""
    if isinstance(value, tuple):
        mean, deviation = value
        shown = cell_of(mean, digits)
        known = shown.number is not None and not pd.isna(deviation)
        return shown._replace(text=f"{shown.text} ± {deviation:.{digits}f}") if known else shown
    if value is None or pd.isna(value):
        return Cell(NOTHING)
    if isinstance(value, (bool, np.bool_)):
        return Cell("yes" if value else "no")
    if isinstance(value, (int, np.integer)):
        return Cell(f"{value}", float(value))
    if isinstance(value, (float, np.floating)):
        return Cell(f"{value:.{digits}f}", float(value))
    return Cell(str(value))

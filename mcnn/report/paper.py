"""The paper's tables, as published."""

from importlib.resources import files
from pathlib import Path

import pandas as pd

from mcnn.errors import DataError

VARIANT = {
    "table1": ["fov"],
    "table2": ["dataset"],
    "table3": ["training_data"],
    "sensitivity": ["parameter", "value"],
    "image_labels": ["image_labels"],
}
"""Columns that tell the rows of one method apart, by table of the paper."""


def published_csv(name: str) -> Path:
    """File of a table of the paper: one that `VARIANT` has, or table4."""
    return Path(str(files("mcnn.report"))) / "published" / f"{name}.csv"


def read_published(path: str | Path) -> pd.DataFrame:
    """Read a table of the paper; figures as numbers, what names a row as text."""
    # As written: 4 rounds, but an alpha of 1.0.
    return pd.read_csv(path, dtype={"value": str})


def variants(name: str, table: pd.DataFrame) -> pd.Series:
    """What tells the rows of one method apart, as text; `table` has the columns of the paper's."""
    return table[VARIANT[name]].astype(str).agg(" ".join, axis=1)


def published_row(name: str, table: pd.DataFrame, method: str, variant: str) -> pd.Series:
    """Row of a table of the paper.

    Parameters
    ----------
    name, table
        The table, see `read_published`.
    method, variant
        Its column `method`, and see `variants`.

    Raises
    ------
    DataError
        If the table has no such row.
    """
    match = table[(table["method"] == method) & (variants(name, table) == variant)]
    if len(match) != 1:
        raise DataError(
            f"{name} of the paper",
            f"has no row {method!r} with {' '.join(VARIANT[name])} {variant!r}",
            "correct `published` of the experiment",
        )
    return match.iloc[0]

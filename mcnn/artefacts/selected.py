"""The shots that a model selects for fine-tuning: a CSV file, a row a shot."""

from pathlib import Path

import pandas as pd

from mcnn.artefacts.base import Kinds, read_csv
from mcnn.files import write_csv

KINDS: Kinds = {"video": str, "shot": int, "overlap": float, "selected": bool, "reason": str}


def write_selected(table: pd.DataFrame, path: str | Path) -> None:
    """Write the table of `mcnn.shots.select.select_shots` as CSV."""
    write_csv(Path(path), table)


def read_selected(path: str | Path) -> set[tuple[str, int]]:
    """Video and shot of each selected shot.

    Raises
    ------
    DataError
        If the file is missing or no such table.
    """
    table = read_csv(path, KINDS, "a table of selected shots")
    rows = table[table["selected"]]
    return set(zip(rows["video"], rows["shot"].tolist(), strict=True))

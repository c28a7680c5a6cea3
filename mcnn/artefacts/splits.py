"""The shots of one of one's own videos: a CSV file, a row a shot."""

from pathlib import Path

import pandas as pd

from mcnn.artefacts.base import Kinds, broken, read_csv
from mcnn.files import write_csv

KINDS: Kinds = {"first": "Int64", "last": "Int64", "reason": str}


def write_split(split: list[tuple[int, int]] | str, path: str | Path) -> None:
    """Write first and last frame of each shot, or the reason why there is none.

    Parameters
    ----------
    split
        First and last frame of each shot, both part of it; or why the video cannot be read.
    path
        The CSV file. Columns: first, last, reason.
    """
    rows = [(None, None, split)] if isinstance(split, str) else [(*ends, "") for ends in split]
    table = pd.DataFrame(rows, columns=list(KINDS)).astype({"first": "Int64", "last": "Int64"})
    write_csv(Path(path), table)


def read_split(path: str | Path) -> list[tuple[int, int]] | str:
    """Read what `write_split` wrote.

    Raises
    ------
    DataError
        If the file is missing or no such table.
    """
    table = read_csv(path, KINDS, "a table of shots")
    reasons = table.loc[table["reason"] != "", "reason"]
    if len(reasons):
        return str(reasons.iloc[0])
    if table.isna().to_numpy().any():
        raise broken(path, "a table of shots", "a frame number is missing")
    return [(int(row["first"]), int(row["last"])) for row in table.to_dict("records")]

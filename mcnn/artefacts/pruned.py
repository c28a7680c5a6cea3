"""What pruning kept of each shot of a dataset: a CSV file, a row a shot."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from mcnn.artefacts.base import Kinds, broken, read_csv
from mcnn.files import write_csv

KINDS: Kinds = {
    "video": str,
    "shot": int,
    "first": "Int64",
    "last": "Int64",
    "kept": bool,
    "reason": str,
    "fallbacks": int,
}
Row = tuple[str, int, int | None, int | None, bool, str, int]
"""The cells of a row."""
WHAT = "a table of pruned shots"

NO_MASKS = "no motion masks: "
"""How the reason of a shot begins whose motion masks are missing or broken."""
NO_FOREGROUND = "no foreground: "
"""How the reason of a shot begins in which the motion segmentation found nothing."""


def pruned_table(rows: Iterable[Row]) -> pd.DataFrame:
    """A row per shot: video, shot, first and last frame of the kept run, kept, reason, fallbacks.

    The frames are inclusive, and missing if the shot is dropped; the reason is empty if it is kept.
    For the last column see `mcnn.artefacts.motion.ShotMotion`.
    """
    table = pd.DataFrame(list(rows), columns=list(KINDS))
    return table.astype({"first": "Int64", "last": "Int64"})


def write_pruned(table: pd.DataFrame, path: str | Path) -> None:
    """Write a `pruned_table` as CSV."""
    write_csv(Path(path), table)


def read_pruned(path: str | Path) -> pd.DataFrame:
    """Read the `pruned_table` that `write_pruned` wrote.

    Raises
    ------
    DataError
        If the file is missing or no such table.
    """
    table = read_csv(path, KINDS, WHAT)
    if table.loc[table["kept"], ["first", "last"]].isna().to_numpy().any():
        raise broken(path, WHAT, "a kept shot has no first or last frame")
    return table


def kept_runs(table: pd.DataFrame) -> dict[tuple[str, int], tuple[int, int]]:
    """First and last frame of the kept run of each shot that was kept, by video and shot."""
    kept = table[table["kept"]]
    return {
        (row["video"], row["shot"]): (int(row["first"]), int(row["last"]))
        for row in kept.to_dict("records")
    }

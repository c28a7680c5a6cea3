"""A folder of pictures for the report, with a table of what each shows."""

from pathlib import Path

import pandas as pd

from mcnn.artefacts.base import Kinds, read_csv
from mcnn.files import write_csv

NAME = "pictures.csv"
EXAMPLES: Kinds = {"file": str, "class": str, "rank": str, "image": str, "iou": float}
"""Images that a network segments well, middling and badly, and the IoU of the class in each."""
LATENT: Kinds = {"file": str, "class": str, "video": str, "shot": int, "row": int, "column": str}
"""Frames of a shot of each class: a row per frame, a column per way to see it."""


def write_pictures(table: pd.DataFrame, folder: Path, kinds: Kinds) -> None:
    """Write the table of a folder's pictures: the columns of `kinds`, `EXAMPLES` or `LATENT`."""
    write_csv(folder / NAME, table[list(kinds)])


def read_pictures(folder: Path, kinds: Kinds) -> pd.DataFrame:
    """Read what `write_pictures` wrote.

    Raises
    ------
    DataError
        If the table is missing or no such table.
    """
    return read_csv(folder / NAME, kinds, "a table of pictures")

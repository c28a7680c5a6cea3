"""A folder of pictures for the report, with a table of what each shows."""

import hashlib
from pathlib import Path

import pandas as pd

from mcnn.artefacts.base import Kinds, read_csv
from mcnn.files import read_bytes, write_csv, write_text

NAME = "pictures.csv"
EXAMPLES: Kinds = {"file": str, "class": str, "rank": str, "image": str, "iou": float}
"""Images that a network segments well, middling and badly, and the IoU of the class in each."""
LATENT: Kinds = {"file": str, "class": str, "video": str, "shot": int, "row": int, "column": str}
"""Frames of a shot of each class: a row per frame, a column per way to see it."""


def write_pictures(table: pd.DataFrame, folder: Path, kinds: Kinds) -> None:
    """Write the table of a folder's pictures: the columns of `kinds`, `EXAMPLES` or `LATENT`."""
    write_csv(folder / NAME, table[list(kinds)])


def write_digests(folder: Path, path: Path) -> None:
    """Write SHA-256 and name of each file of a folder, as ``sha256sum`` does.

    Snakemake compares files by their digests, and folders by their times alone: a rule that reads
    the folder depends on this file, and is not due when the folder is touched.
    """
    lines = [
        f"{hashlib.sha256(read_bytes(file)).hexdigest()}  {file.name}\n"
        for file in sorted(folder.iterdir())
        if not file.name.startswith(".")
    ]
    write_text(path, "".join(lines))


def read_pictures(folder: Path, kinds: Kinds) -> pd.DataFrame:
    """Read what `write_pictures` wrote.

    Raises
    ------
    DataError
        If the table is missing or no such table.
    """
    return read_csv(folder / NAME, kinds, "a table of pictures")

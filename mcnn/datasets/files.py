"""Small helpers around the file system: listings in natural order, reading."""

import csv
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from mcnn.errors import UNPACK, DataError
from mcnn.files import read_bytes

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png")
VIDEO_SUFFIXES = (".mp4", ".avi", ".mov", ".mkv", ".webm")


def natural_key(name: str) -> list[tuple[int, str]]:
    """Sort key under which runs of digits count as numbers: ``f2.jpg`` before ``f10.jpg``."""
    parts = re.split(r"([0-9]+)", name)
    # The text breaks ties between names such as 1.jpg and 01.jpg.
    return [(int(part) if part.isdecimal() else -1, part) for part in parts]


def scan_names(folder: str | Path) -> Iterator[str]:
    """Names in a folder in no particular order, hidden ones left out, without a stat per file.

    Raises
    ------
    DataError
        If the folder is missing or cannot be read.
    """
    try:
        with os.scandir(folder) as entries:
            yield from (entry.name for entry in entries if not entry.name.startswith("."))
    except OSError as error:
        raise DataError(folder, f"the folder cannot be read ({error.strerror})", UNPACK) from error


def list_names(folder: str | Path) -> list[str]:
    """Names in a folder in natural order; see `scan_names`."""
    return sorted(scan_names(folder), key=natural_key)


def list_images(folder: str | Path) -> list[str]:
    """Names of the images in a folder, in natural order."""
    return [name for name in list_names(folder) if name.lower().endswith(IMAGE_SUFFIXES)]


def read_rows(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """The cells of some columns of a CSV file, row by row; missing ones are empty.

    Raises
    ------
    DataError
        If the file is missing, lacks a column or is no CSV.
    """
    rows = csv.DictReader(read_bytes(path).decode("utf-8-sig", "replace").splitlines())
    try:
        if not set(columns) <= set(rows.fieldnames or ()):
            names = " or ".join(columns)
            remedy = f"give it the header '{','.join(columns)}'"
            raise DataError(path, f"it lacks a column {names}", remedy)
        return [{name: row[name] or "" for name in columns} for row in rows]
    # Of a cell of more than 131,072 characters, which a quote without its counterpart makes.
    except csv.Error as error:
        raise DataError(path, f"it is no CSV file ({error})", "correct the row") from error

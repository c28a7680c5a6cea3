"""Files and folders that appear only when they are complete."""

import csv
import hashlib
import os
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mcnn.errors import UNPACK, DataError, FullDiskError, full_disk

if TYPE_CHECKING:
    import pandas as pd


LONGEST_NAME = 200
"""Bytes of a file's name without its suffixes; file systems have 255 for both."""


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Path beside `path` to write to; it takes its place if the block ends without an error.

    Raises
    ------
    FullDiskError
        If there is no room for it.

    Examples
    --------
    >>> with atomic(Path("a.csv")) as partial:  # doctest: +SKIP
    ...     partial.write_text("x")
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}.partial")
    with _naming_a_full_disk(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield partial
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Folder beside `path` to fill; it takes its place if the block ends without an error.

    Raises
    ------
    DataError
        If `path` is there already and not an empty folder.
    FullDiskError
        If there is no room for it.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise DataError(path, "it is there already", "name a new folder, or remove this one")
    with _naming_a_full_disk(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as folder:
            partial = Path(folder) / "out"
            partial.mkdir()
            yield partial
            if path.exists():
                path.rmdir()
            partial.rename(path)


@contextmanager
def _naming_a_full_disk(path: Path) -> Iterator[None]:
    """Libraries word it in their own ways, mostly without the path."""
    try:
        yield
    except Exception as error:
        if full_disk(error, path) is None:
            raise
        # Where a file is part of a folder, the folder is what was asked for.
        raise FullDiskError(path) from error


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically."""
    with atomic(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_csv(path: Path, table: "pd.DataFrame") -> None:
    """Write a table as CSV, without its index, atomically."""
    text = table.to_csv(index=False)
    if "\r" in text:
        # pandas puts no quotes around it, and to readers it ends the row.
        text = table.to_csv(index=False, quoting=csv.QUOTE_ALL)
    write_text(path, text)


def sha256(path: Path) -> str:
    """Digest of a file's content.

    Raises
    ------
    DataError
        If the file is missing or cannot be read.
    """
    with reading(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_bytes(path: str | Path) -> bytes:
    """Content of a file.

    Raises
    ------
    DataError
        If the file is missing or cannot be read.
    """
    with reading(path):
        return Path(path).read_bytes()


def refuse_foreign_name(path: str | Path) -> None:
    """Refuse a path with bytes that are not UTF-8.

    Native libraries crash of it, and artefacts cannot hold it.

    Raises
    ------
    DataError
        Of such a path.
    """
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise DataError(path, "its name is not UTF-8", "rename it") from error


def is_file_name(name: str) -> bool:
    """Whether a name from a list is that of a file in a folder: no path, and not too long.

    Examples
    --------
    >>> [is_file_name(name) for name in ("2007_000032", "a/b", "..", "", "x" * 5000)]
    [True, False, False, False, False]
    """
    length = len(name.encode("utf-8", "surrogateescape"))
    return 0 < length <= LONGEST_NAME and name not in (".", "..") and not set(name) & set("/\\\0")


def refuse_name(name: str, seen: Collection[str], path: str | Path) -> None:
    """Refuse what is no name of a file in a list of them, or has been seen.

    Parameters
    ----------
    name
        Without suffix.
    seen
        Names before it.
    path
        The list, to name in errors.

    Raises
    ------
    DataError
        Of the list.
    """
    if not is_file_name(name):
        problem = f"{name[:LONGEST_NAME]!r} is no name of a file"
        raise DataError(path, problem, "name files of one folder, without path and suffix")
    if name in seen:
        raise DataError(path, f"it names {name!r} twice", "name each file once")


@contextmanager
def reading(path: str | Path) -> Iterator[None]:
    """Turn the operating system's errors of reading a file into a `DataError`."""
    try:
        yield
    except FileNotFoundError as error:
        raise DataError(path, "the file is missing", UNPACK) from error
    except OSError as error:
        raise DataError(path, f"the file cannot be read ({error.strerror})", UNPACK) from error

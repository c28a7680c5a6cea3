"""What was left out of a stage because of bad input, and why."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mcnn.artefacts.base import Kinds, read_csv
from mcnn.errors import DataError, full_disk
from mcnn.files import write_csv

OnError = Literal["stop", "skip"]

KINDS: Kinds = {"item": str, "reason": str}


@dataclass(frozen=True, slots=True)
class Skipped:
    """A class, video, shot or image that was left out, and why."""

    item: str
    reason: str


@contextmanager
def collecting(skipped: list[Skipped], item: str, on_error: OnError) -> Iterator[None]:
    """Run a block that reads one item; under ``skip`` a `DataError` ends the block only.

    Parameters
    ----------
    skipped
        Gets an entry for the item if the block fails.
    item
        Name of the class, video, shot or image.
    on_error
        ``stop`` lets the error through.

    Raises
    ------
    DataError
        The block's, under ``stop``; it then says that it may be skipped.
    """
    try:
        yield
    except DataError as error:
        if full_disk(error, error.path):
            raise  # The next item fares no better.
        if on_error == "stop":
            error.may_be_skipped = True
            raise
        skipped.append(Skipped(item, f"{error.path}: {error.problem}"))


def write_skipped(skipped: Sequence[Skipped], path: str | Path) -> None:
    """Write a CSV with the columns ``item`` and ``reason``; the header is always there.

    Bytes of a file's name that are not UTF-8 are written as escapes, such as ``\\udce9``.
    """
    import pandas as pd  # See `mcnn.artefacts.base.read_csv`.

    rows = [(_utf8(entry.item), _utf8(entry.reason)) for entry in skipped]
    write_csv(Path(path), pd.DataFrame(rows, columns=list(KINDS)))


def read_skipped(path: str | Path) -> list[Skipped]:
    """Read what `write_skipped` wrote.

    Raises
    ------
    DataError
        If the file is missing or no such list.
    """
    table = read_csv(path, KINDS, "a list of what was skipped")
    return [Skipped(*row) for row in table.itertuples(index=False, name=None)]


def _utf8(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")

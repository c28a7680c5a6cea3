"""What to do with bad input: stop, or leave it out and remember why."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mcnn.errors import DataError
from mcnn.files import atomic

OnError = Literal["stop", "skip"]


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
        The block's, under ``stop``.
    """
    try:
        yield
    except DataError as error:
        if on_error == "stop":
            raise
        skipped.append(Skipped(item, f"{error.path}: {error.problem}"))


def write_skipped(skipped: Sequence[Skipped], path: str | Path) -> None:
    """Write a CSV with the columns ``item`` and ``reason``; the header is always there."""
    with atomic(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["item", "reason"])
        writer.writerows([entry.item, entry.reason] for entry in skipped)

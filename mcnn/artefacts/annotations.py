"""The ground-truth boxes of a dataset: a CSV file, a row a box."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from mcnn.artefacts.base import Kinds, read_csv
from mcnn.files import write_csv

REPAIRED, EMPTY = "repaired", "empty"
KEY = ["video", "shot", "frame", "class"]
COORDINATES = ["x0", "y0", "x1", "y1"]
KINDS: Kinds = {
    **{"video": str, "shot": int, "frame": int, "class": str},
    **dict.fromkeys(COORDINATES, float),
    "flaw": str,
}


class AnnotatedBox(NamedTuple):
    """An object of a class in a frame.

    Attributes
    ----------
    video, shot, frame
        As in the manifest.
    tag
        The class.
    x0, y0, x1, y1
        Edges in pixels from the frame's upper left corner: the box of the first pixel alone is
        0, 0, 1, 1. NaN if the box is empty.
    flaw
        ``repaired``, ``empty`` (nothing was left of it) or nothing.
    """

    video: str
    shot: int
    frame: int
    tag: str
    x0: float
    y0: float
    x1: float
    y1: float
    flaw: str = ""


def annotation_table(boxes: Iterable[AnnotatedBox]) -> pd.DataFrame:
    """A row per box: video, shot, frame, class, x0, y0, x1, y1, flaw."""
    return pd.DataFrame(list(boxes), columns=list(KINDS))


def write_annotations(boxes: Iterable[AnnotatedBox], path: str | Path) -> None:
    """Write the boxes as CSV, the columns of `annotation_table`."""
    write_csv(Path(path), annotation_table(boxes))


def read_annotations(path: str | Path) -> pd.DataFrame:
    """Read the `annotation_table` that `write_annotations` wrote.

    Raises
    ------
    DataError
        If the file is missing or no such table.
    """
    return read_csv(path, KINDS, "a table of boxes")

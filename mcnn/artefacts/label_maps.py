"""Folders of label maps: a PNG of labels per image, and a table of the labels' names."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mcnn.artefacts.base import read_csv
from mcnn.errors import DataError
from mcnn.files import read_bytes, write_csv
from mcnn.imaging.decode import load_image

NAMES = "names.csv"
"""Table of the names of a folder's labels."""
_NAMES_OF_PREDICTIONS = "labels.csv"


def write_names(names: Sequence[str], folder: Path, file: str = NAMES) -> None:
    """Write the names of labels 0, 1, ... (columns label, name)."""
    write_csv(folder / file, pd.DataFrame({"label": range(len(names)), "name": names}))


def read_names(folder: Path) -> tuple[str, ...] | None:
    """Names of labels 0, 1, ... of a folder; None where it has no table of them.

    Parameters
    ----------
    folder
        With names.csv of `write_names`, or labels.csv of `mcnn predict`.

    Raises
    ------
    DataError
        If the table does not name the labels from 0 on, each once.
    """
    for file in (NAMES, _NAMES_OF_PREDICTIONS):
        path = folder / file
        if not path.is_file():
            continue
        if file != NAMES and not read_bytes(path).startswith(b"label,name"):
            continue  # The table of another command.
        table = read_csv(path, {"label": int, "name": str}, "a table of labels' names")
        if list(table["label"]) != [*range(len(table))] or not table["name"].is_unique:
            problem = "it does not name the labels from 0 on, each once"
            raise DataError(path, problem, "give it the columns label and name")
        return tuple(str(name) for name in table["name"])
    return None


def read_labels(path: Path) -> NDArray[np.uint8]:
    """Labels ``(H, W)`` uint8 of a grey or palette PNG: its values, its indices.

    Raises
    ------
    DataError
        If the file is missing, does not decode, or is of another kind.
    """
    image = load_image(read_bytes(path), path)
    if image.mode not in ("L", "P"):
        remedy = "write PNGs of indices, grey or with a palette"
        raise DataError(path, f"the labels are {image.mode}, not grey or palette", remedy)
    return np.array(image)

"""Folders of label maps: a PNG of labels per image, and a table of the labels' names."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mcnn.artefacts.base import read_csv
from mcnn.errors import DataError
from mcnn.files import read_bytes, write_csv
from mcnn.imaging.decode import load_image
from mcnn.label_space import BACKGROUND, IGNORE

NAMES = "names.csv"
"""Table of the names of a folder's labels."""
_NAMES_OF_PREDICTIONS = "labels.csv"


def write_names(names: Mapping[int, str], folder: Path) -> None:
    """Write the names of labels (columns label, name)."""
    write_csv(folder / NAMES, pd.DataFrame({"label": names.keys(), "name": names.values()}))


def read_names(folder: Path) -> dict[int, str] | None:
    """Names of the labels of a folder, the background's included; None where no table has them.

    Parameters
    ----------
    folder
        With names.csv of `write_names`, or labels.csv of `mcnn predict`.

    Raises
    ------
    DataError
        If the table names a label or uses a name twice, or a label is out of range.
    """
    for file in (NAMES, _NAMES_OF_PREDICTIONS):
        path = folder / file
        if not path.is_file():
            continue
        if file != NAMES and not read_bytes(path).startswith(b"label,name"):
            continue  # The table of another command.
        table = read_csv(path, {"label": int, "name": str}, "a table of labels' names")
        once = table["label"].is_unique and table["name"].is_unique
        if not once or not table["label"].between(0, IGNORE - 1).all():
            problem = "a label or a name is in it twice, or a label is not in 0 to 254"
            raise DataError(path, problem, "give each label a row and a name of its own")
        return {0: BACKGROUND} | dict(zip(table["label"], table["name"], strict=True))
    return None


def read_labels(path: Path) -> NDArray[np.uint8]:
    """Labels ``(H, W)`` uint8 of a PNG: grey values, indices of a palette, or bits as 0 and 1.

    Raises
    ------
    DataError
        If the file is missing, does not decode, or is of another kind.
    """
    image = load_image(read_bytes(path), path)
    if image.mode not in ("1", "L", "P"):
        remedy = "write PNGs of indices, grey or with a palette"
        raise DataError(path, f"the labels are {image.mode}, not grey or palette", remedy)
    return np.array(image).astype(np.uint8)

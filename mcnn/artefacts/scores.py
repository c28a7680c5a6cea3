"""Scores of trained networks and boxes: iou.csv, image_iou.csv, confusion.csv, corloc.csv."""

from pathlib import Path

import pandas as pd

from mcnn.artefacts.base import Kinds, read_csv
from mcnn.files import write_csv

MEAN = "mean"
"""What the row of a mean over classes has as its class."""

IOU: Kinds = {"set": str, "images": int, "postprocessing": str, "class": str, "iou": float}
IMAGE_IOU: Kinds = {"set": str, "image": str, "class": str, "iou": float}
CORLOC: Kinds = {
    "class": str,
    "corloc": float,
    **dict.fromkeys(("frames", "boxes", "found", "repaired", "empty"), int),
}


def write_iou(table: pd.DataFrame, path: Path) -> None:
    """Write IoU by set and class: set, images, postprocessing, class, iou in [0, 1]."""
    write_csv(path, table[list(IOU)])


def read_iou(path: Path) -> pd.DataFrame:
    """Read what `write_iou` wrote.

    Raises
    ------
    DataError
        If the file is missing or no such table.
    """
    return read_csv(path, IOU, "a table of IoU")


def write_image_iou(table: pd.DataFrame, path: Path) -> None:
    """Write IoU by set, image and class that occurs in it: set, image, class, iou in [0, 1]."""
    write_csv(path, table[list(IMAGE_IOU)])


def read_image_iou(path: Path) -> pd.DataFrame:
    """Read what `write_image_iou` wrote.

    Raises
    ------
    DataError
        If the file is missing or no such table.
    """
    return read_csv(path, IMAGE_IOU, "a table of IoU by image")


def write_confusion(table: pd.DataFrame, path: Path) -> None:
    """Write pixels by set, true label, and a column ``predicted_<label>`` each."""
    write_csv(path, table)


def write_corloc(table: pd.DataFrame, path: Path) -> None:
    """Write the table of `mcnn.evaluation.corloc.corloc`."""
    write_csv(path, table[list(CORLOC)])


def read_corloc(path: Path) -> pd.DataFrame:
    """Read what `write_corloc` wrote.

    Raises
    ------
    DataError
        If the file is missing or no such table.
    """
    return read_csv(path, CORLOC, "a table of CorLoc")

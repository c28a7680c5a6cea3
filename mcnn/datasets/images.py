"""Sets of images, for joint training and evaluation."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from mcnn.config.data import ImageSet, PascalVoc
from mcnn.datasets.image_folder import read_image_folder
from mcnn.datasets.image_masks import IGNORE, Image, read_image, read_mask
from mcnn.datasets.pascal_voc import read_pascal_voc
from mcnn.datasets.skipped import OnError, Skipped
from mcnn.errors import DataError
from mcnn.files import atomic

__all__ = [
    "IGNORE",
    "Image",
    "read_image",
    "read_image_set",
    "read_images",
    "read_mask",
    "write_images",
]

SCHEMA = pa.schema(
    [
        ("name", pa.string()),
        ("path", pa.string()),
        ("mask", pa.string()),
        ("tags", pa.list_(pa.string())),
        ("mask_format", pa.string()),
        ("threshold", pa.int32()),
    ]
)


def read_image_set(
    image_set: ImageSet, classes: Sequence[str], on_error: OnError
) -> tuple[list[Image], list[Skipped]]:
    """List the images of a set; nothing is decoded but masks that have to give the tags.

    Parameters
    ----------
    image_set
        Settings of the set.
    classes
        Object classes of the run, for a set without `classes` of its own; images have at least
        one of them, and no other tag.
    on_error
        ``skip`` leaves out what is missing or broken.

    Returns
    -------
    images, skipped
        What is kept, and what is left out with the reasons.

    Raises
    ------
    DataError
        Under ``stop``, for the first thing at fault; in any case if a folder or list is missing.
    """
    if isinstance(image_set, PascalVoc):
        return read_pascal_voc(image_set, image_set.classes or classes, on_error)
    return read_image_folder(image_set, classes, on_error)


def write_images(images: Sequence[Image], path: str | Path) -> None:
    """Write a list of images as parquet: the columns are the fields of `Image`."""
    table = pa.Table.from_pylist([asdict(image) for image in images], schema=SCHEMA)
    with atomic(path) as temporary:
        pq.write_table(table, temporary)


def read_images(path: str | Path) -> list[Image]:
    """Read a list of images in the order it was written.

    Raises
    ------
    DataError
        If the file is missing or no such list.
    """
    try:
        rows = pq.read_table(path, schema=SCHEMA).to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise DataError(
            path, f"this is no list of images ({error})", "remove it and run again"
        ) from error
    return [Image(**{**row, "tags": tuple(row["tags"])}) for row in rows]

"""Tables of the tags of images."""

import csv
from collections.abc import Mapping
from pathlib import Path

from mcnn.errors import DataError
from mcnn.files import read_bytes

Tags = Mapping[str, tuple[str, ...]]
"""Tags of each image."""


def read_tags(path: Path) -> Tags:
    """Read a CSV file with columns image and tags, the latter with spaces between several.

    Raises
    ------
    DataError
        If the file is missing or lacks a column.
    """
    rows = csv.DictReader(read_bytes(path).decode("utf-8-sig", "replace").splitlines())
    if not {"image", "tags"} <= set(rows.fieldnames or ()):
        raise DataError(path, "it lacks a column image or tags", "give it the header 'image,tags'")
    return {row["image"]: tuple((row["tags"] or "").split()) for row in rows}

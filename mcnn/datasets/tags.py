"""Tables of the tags of images."""

from collections.abc import Mapping
from pathlib import Path

from mcnn.datasets.files import read_rows

Tags = Mapping[str, tuple[str, ...]]
"""Tags of each image."""


def read_tags(path: Path) -> Tags:
    """Read a CSV file with columns image and tags, the latter with spaces between several.

    Raises
    ------
    DataError
        If the file is missing, lacks a column or is no CSV.
    """
    rows = read_rows(path, ("image", "tags"))
    return {row["image"]: tuple(row["tags"].split()) for row in rows}

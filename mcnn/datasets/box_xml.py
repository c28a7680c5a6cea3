"""Boxes in XML files as PASCAL VOC has them."""

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import NamedTuple

from mcnn.errors import UNPACK, DataError


class BoxFile(NamedTuple):
    """Size (height, width) of an image, and name and pixels (x0, y0, x1, y1) of its objects."""

    size: tuple[int, int]
    objects: list[tuple[str, tuple[float, float, float, float]]]


def read_box_file(path: Path) -> BoxFile:
    """Read the annotation of an image; the coordinates are as they are in the file.

    Raises
    ------
    DataError
        If the file is missing or no such annotation.
    """
    try:
        tree = ET.parse(path)
        height, width = (int(_text(tree.getroot(), f"size/{side}")) for side in ("height", "width"))
        objects = []
        for node in tree.iterfind("object"):
            names = ("xmin", "ymin", "xmax", "ymax")
            x0, y0, x1, y1 = (float(_text(node, f"bndbox/{name}")) for name in names)
            objects.append((_text(node, "name"), (x0, y0, x1, y1)))
    except (ET.ParseError, OSError, ValueError, LookupError) as error:
        raise DataError(path, f"this is no annotation with boxes ({error})", UNPACK) from error
    return BoxFile((height, width), objects)


def _text(node: ET.Element, path: str) -> str:
    text = node.findtext(path)
    if text is None:
        raise ValueError(f"it has no {path}")
    return text.strip()

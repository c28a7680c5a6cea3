"""Objects of images in the formats of annotation tools."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
import yaml

from mcnn.export.extra import import_extra
from mcnn.export.label_studio import encode_brush
from mcnn.export.objects import Object, Polygon
from mcnn.files import write_text
from mcnn.imaging.masks import Mask

Format = Literal["coco", "yolo", "cvat", "label-studio"]
Shape = Literal["mask", "polygon"]


class ImageObjects(NamedTuple):
    """The objects of an image.

    Attributes
    ----------
    name
        File of the image, below the folder of images.
    size
        Height and width.
    objects
        Its objects, each with its polygon where polygons are wanted.
    """

    name: str
    size: tuple[int, int]
    objects: Sequence[tuple[Object, Polygon | None]]


class Writer(Protocol):
    """Takes images one after the other; nothing but the objects is kept."""

    def add(self, image: ImageObjects) -> None:
        """Take an image."""

    def finish(self) -> None:
        """Write what is left."""


class Coco:
    """``annotations.json``: COCO's instances, run-length encoded masks or polygons."""

    def __init__(self, folder: Path, names: Mapping[int, str]) -> None:
        self._path = folder / "annotations.json"
        self._coder = import_extra("pycocotools.mask")
        self._images: list[dict[str, Any]] = []
        self._annotations: list[dict[str, Any]] = []
        self._categories = [{"id": k, "name": name} for k, name in names.items() if k > 0]

    def add(self, image: ImageObjects) -> None:
        """Take an image."""
        number = len(self._images) + 1
        height, width = image.size
        self._images.append(
            {"id": number, "file_name": image.name, "width": width, "height": height}
        )
        for found, polygon in image.objects:
            box = [found.x, found.y, found.mask.shape[1], found.mask.shape[0]]
            self._annotations.append(
                {
                    "id": len(self._annotations) + 1,
                    "image_id": number,
                    "category_id": found.label,
                    "bbox": box,
                    "area": int(found.mask.sum()),
                    "iscrowd": 0,
                    "segmentation": self._rle(found.in_image(image.size))
                    if polygon is None
                    else [polygon.ravel().round(2).tolist()],
                }
            )

    def finish(self) -> None:
        """Write the file."""
        content = {
            "images": self._images,
            "annotations": self._annotations,
            "categories": self._categories,
        }
        write_text(self._path, json.dumps(content))

    def _rle(self, mask: Mask) -> dict[str, Any]:
        encoded = self._coder.encode(np.asfortranarray(mask.astype(np.uint8)))
        return {"size": list(mask.shape), "counts": encoded["counts"].decode("ascii")}


class Yolo:
    """``labels/<image>.txt``, a polygon a line, and ``data.yaml``: YOLO's segmentation."""

    def __init__(self, folder: Path, names: Mapping[int, str]) -> None:
        self._folder = folder
        self._names = {label: name for label, name in names.items() if label > 0}
        self._index = {label: k for k, label in enumerate(self._names)}

    def add(self, image: ImageObjects) -> None:
        """Write the polygons of an image."""
        lines = []
        for found, polygon in image.objects:
            assert polygon is not None
            places = (polygon / image.size[::-1]).clip(0, 1).ravel()
            lines.append(
                " ".join([str(self._index[found.label]), *(f"{place:.6f}" for place in places)])
            )
        path = (self._folder / "labels" / image.name).with_suffix(".txt")
        write_text(path, "".join(f"{line}\n" for line in lines))

    def finish(self) -> None:
        """Write the names of the classes."""
        content = {
            "train": "images",
            "val": "images",
            "names": dict(enumerate(self._names.values())),
        }
        write_text(self._folder / "data.yaml", yaml.safe_dump(content, sort_keys=False))


class Cvat:
    """``annotations.xml``: "CVAT for images 1.1", masks or polygons."""

    def __init__(self, folder: Path, names: Mapping[int, str]) -> None:
        self._path, self._names = folder / "annotations.xml", names
        self._root = ET.Element("annotations")
        ET.SubElement(self._root, "version").text = "1.1"
        task = ET.SubElement(ET.SubElement(self._root, "meta"), "task")
        labels = ET.SubElement(task, "labels")
        for name in (name for label, name in names.items() if label > 0):
            ET.SubElement(ET.SubElement(labels, "label"), "name").text = name
        self._count = 0

    def add(self, image: ImageObjects) -> None:
        """Take an image."""
        height, width = image.size
        size = {"width": str(width), "height": str(height)}
        node = ET.SubElement(
            self._root, "image", {"id": str(self._count), "name": image.name} | size
        )
        self._count += 1
        for found, polygon in image.objects:
            shared = {"label": self._names[found.label], "source": "auto", "occluded": "0"}
            if polygon is None:
                rows, columns = found.mask.shape
                place = {"left": found.x, "top": found.y, "width": columns, "height": rows}
                runs = ", ".join(str(run) for run in run_lengths(found.mask))
                shape = {"rle": runs} | {name: str(value) for name, value in place.items()}
            else:
                shape = {"points": ";".join(f"{x:.2f},{y:.2f}" for x, y in polygon)}
            kind = "mask" if polygon is None else "polygon"
            ET.SubElement(node, kind, shared | shape | {"z_order": "0"})

    def finish(self) -> None:
        """Write the file."""
        ET.indent(self._root)
        write_text(self._path, ET.tostring(self._root, "unicode", xml_declaration=True) + "\n")


class LabelStudio:
    """``tasks.json``, with the objects as predictions, and ``config.xml``, the labelling set-up."""

    def __init__(self, folder: Path, names: Mapping[int, str]) -> None:
        self._folder, self._names = folder, names
        self._tasks: list[dict[str, Any]] = []

    def add(self, image: ImageObjects) -> None:
        """Take an image."""
        results = [self._result(image.size, *each) for each in image.objects]
        self._tasks.append(
            {
                "data": {"image": f"/data/local-files/?d=images/{image.name}"},
                "predictions": [{"model_version": "mcnn", "result": results}],
            }
        )

    def finish(self) -> None:
        """Write the files."""
        view = ET.Element("View")
        ET.SubElement(view, "Image", {"name": "image", "value": "$image"})
        for kind in ("BrushLabels", "PolygonLabels"):
            node = ET.SubElement(view, kind, {"name": kind.lower(), "toName": "image"})
            for name in (name for label, name in self._names.items() if label > 0):
                ET.SubElement(node, "Label", {"value": name})
        ET.indent(view)
        write_text(self._folder / "config.xml", ET.tostring(view, "unicode") + "\n")
        write_text(self._folder / "tasks.json", json.dumps(self._tasks))

    def _result(
        self, size: tuple[int, int], found: Object, polygon: Polygon | None
    ) -> dict[str, Any]:
        height, width = size
        kind = "brushlabels" if polygon is None else "polygonlabels"
        value: dict[str, Any] = {kind: [self._names[found.label]]}
        if polygon is None:
            value |= {"format": "rle", "rle": encode_brush(found.in_image(size))}
        else:
            percent = 100 * polygon / (width, height)
            value |= {"points": percent.round(4).tolist(), "closed": True}
        return {
            "type": kind,
            "from_name": kind,
            "to_name": "image",
            "original_width": width,
            "original_height": height,
            "image_rotation": 0,
            "value": value,
        }


WRITERS: dict[Format, Callable[[Path, Mapping[int, str]], Writer]] = {
    "coco": Coco,
    "yolo": Yolo,
    "cvat": Cvat,
    "label-studio": LabelStudio,
}


def run_lengths(mask: Mask) -> list[int]:
    """Lengths of the runs of a mask row by row, that of background first, which may be 0.

    Examples
    --------
    >>> run_lengths(np.array([[True, True], [False, True]]))
    [0, 2, 1, 1]
    """
    flat = np.concatenate([[False], mask.ravel()])
    changes = np.flatnonzero(np.diff(flat))
    return np.diff(np.concatenate([[0], changes, [mask.size]])).tolist()

"""Masks that were corrected in an annotation tool, back into files."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from mcnn.artefacts.label_maps import write_names
from mcnn.errors import DataError
from mcnn.export.coco_masks import decode_segmentation, size_of
from mcnn.export.extra import import_extra
from mcnn.files import LONGEST_NAME, atomic, is_file_name, read_bytes
from mcnn.imaging.palette import encode_labels
from mcnn.label_space import BACKGROUND, IGNORE


def import_coco(annotations: Path, out: Path) -> int:
    """Write the masks of a COCO file as label maps.

    Parameters
    ----------
    annotations
        COCO's instances, masks or polygons, as all annotation tools export them.
    out
        Folder to write to, which may hold others: ``<image>.png`` of each image of the file takes
        the place of one of this name, an empty one where the image has no objects; and names.csv.
        Palette PNGs, 0 the background, then the categories in the order of their numbers; where
        objects overlap, the last one counts.

    Returns
    -------
    Number of images.

    Raises
    ------
    DataError
        If the file is missing or no such file; nothing has been written then.
    """
    coder = import_extra("pycocotools.mask")
    try:
        content = json.loads(read_bytes(annotations))
        categories = sorted(content["categories"], key=lambda category: category["id"])
        if len(categories) >= IGNORE:
            raise ValueError(f"{len(categories)} categories, which one byte does not hold")
        label = {category["id"]: k for k, category in enumerate(categories, start=1)}
        names = {0: BACKGROUND} | {label[each["id"]]: str(each["name"]) for each in categories}
        of_image: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for each in content["annotations"]:
            of_image[each["image_id"]].append(each)
        maps: dict[Path, bytes] = {}
        for image in content["images"]:
            labels = np.zeros(size_of(image), np.uint8)
            for each in of_image[image["id"]]:
                mask = decode_segmentation(coder, each["segmentation"], size_of(image))
                labels[mask] = label[each["category_id"]]
            maps[_place(image["file_name"])] = encode_labels(labels)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        # A UnicodeDecodeError is represented with all that it could not decode.
        what = str(error) if isinstance(error, UnicodeError) else repr(error)
        problem = f"this is no file of COCO's instances ({what})"
        raise DataError(annotations, problem, "export COCO from the annotation tool") from error
    for name, encoded in maps.items():
        with atomic(out / name) as partial:
            partial.write_bytes(encoded)
    write_names(names, out)
    return len(maps)


def _place(file_name: str) -> Path:
    """Where the labels of an image go: tools put folders, or none, before its name."""
    parts = Path(file_name).parts
    below = parts[parts.index("images") + 1 :] if "images" in parts else parts
    path = Path(*below).with_suffix(".png")
    if not all(is_file_name(part) for part in path.parts):
        raise ValueError(f"the image {file_name[:LONGEST_NAME]!r} is outside of the folder")
    return path

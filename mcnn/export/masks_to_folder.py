"""Label maps and their images to a folder that an annotation tool imports."""

from collections.abc import Sequence
from pathlib import Path

from mcnn.export.formats import WRITERS, Format, ImageObjects, Shape
from mcnn.export.objects import find_objects, outline
from mcnn.export.sources import read_annotations
from mcnn.files import new_folder
from mcnn.progress import track


def export_masks(
    labels: Path,
    frames: Path,
    out: Path,
    format: Format,
    *,
    shape: Shape = "mask",
    tags: Sequence[str] = (),
    min_pixels: int = 1,
    tolerance: float = 1.0,
) -> int:
    """Write label maps as objects of an annotation tool's format, with their images.

    Parameters
    ----------
    labels, frames, tags
        See `mcnn.export.sources.read_annotations`.
    out
        Folder to make, complete or not at all: the images in images/, and the files of the format.
    format
        See `mcnn.export.formats`.
    shape
        ``mask``: exact; ``polygon``: see `mcnn.export.objects.outline`. YOLO knows polygons alone.
    min_pixels
        Smaller objects are left out.
    tolerance
        Of polygons, in pixels.

    Returns
    -------
    Number of objects.

    Raises
    ------
    DataError
        See `read_annotations`; or if `out` holds something already.
    """
    names, count, images = read_annotations(labels, frames, tags)
    polygons = shape == "polygon" or format == "yolo"
    total = 0
    with new_folder(out) as folder:
        writer = WRITERS[format](folder, names)
        for item in track(images, count, "exporting"):
            path = folder / "images" / item.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(item.image)
            objects = [
                (found, outline(found, tolerance) if polygons else None)
                for found in find_objects(item.labels, min_pixels)
            ]
            height, width = item.labels.shape
            writer.add(ImageObjects(item.name, (height, width), objects))
            total += len(objects)
        writer.finish()
    return total

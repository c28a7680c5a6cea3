"""PASCAL VOC 2012: lists of images, their tags and masks."""

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

from mcnn.artefacts.images import Image, voc_tags
from mcnn.artefacts.skipped import OnError, Skipped, collecting
from mcnn.config.images import PascalVoc
from mcnn.datasets.files import scan_names
from mcnn.datasets.tags import Tags, read_tags
from mcnn.errors import UNPACK, DataError
from mcnn.files import LONGEST_NAME, read_bytes, refuse_name


def read_pascal_voc(
    image_set: PascalVoc, classes: Sequence[str], on_error: OnError
) -> tuple[list[Image], list[Skipped]]:
    """Images of a list of ``ImageSets/Segmentation`` that show at least one of the classes.

    An image's tags are the names of the objects in ``Annotations/<id>.xml``, those outside
    `classes` dropped. Where that file is missing, they are the classes that the mask shows. In a
    tree without the folder ``Annotations``, a table ``image_tags.csv`` (columns ``image``,
    ``tags``) may give them. The ten classes of the paper keep 914 images of ``train`` and 909 of
    ``val``. The list ``test`` has no tags: its images are all kept, without masks. What a list
    names is a file in ``JPEGImages``, once.

    Masks are taken from ``SegmentationClass``, those that it lacks from
    ``SegmentationClassAug``. A set of which some images have masks must have them all, but for
    ``train_aug``, whose masks people add.

    Parameters
    ----------
    image_set
        Root and list.
    classes
        Object classes of the run.
    on_error
        ``skip`` leaves out images without file, tags or mask, and names that are paths or come
        again.

    Returns
    -------
    images, skipped
        In the order of the list.

    Raises
    ------
    DataError
        Under ``stop``, for the first image at fault; in any case if the list is missing.
    """
    root = _unpacked(Path(image_set.root))
    path_of_list = root / "ImageSets" / "Segmentation" / f"{image_set.split}.txt"
    names = _read_list(path_of_list)
    test = image_set.split == "test"
    files = set(scan_names(root / "JPEGImages"))
    masks = {} if test else _masks(root)
    table = {} if (root / "Annotations").is_dir() else _table(root / "image_tags.csv")
    images: list[Image] = []
    skipped: list[Skipped] = []
    seen: set[str] = set()
    for name in names:
        with collecting(skipped, name[:LONGEST_NAME], on_error):
            refuse_name(name, seen, path_of_list)
            seen.add(name)
            mask = masks.get(name)
            tags = () if test else _tags(root, name, mask, table, classes)
            if not tags and not test:
                continue
            path = root / "JPEGImages" / f"{name}.jpg"
            if path.name not in files:
                raise DataError(path, "the image is missing", UNPACK)
            images.append(Image(name, str(path), mask, tags))
    if image_set.split != "train_aug":
        images = _with_masks(root, images, skipped, on_error)
    return images, skipped


def _unpacked(root: Path) -> Path:
    below = root / "VOCdevkit" / "VOC2012"
    return below if below.is_dir() and not (root / "ImageSets").is_dir() else root


def _read_list(path: Path) -> list[str]:
    lines = read_bytes(path).decode("utf-8", "replace").splitlines()
    return [line.split()[0] for line in lines if line.strip()]


def _masks(root: Path) -> dict[str, str]:
    masks: dict[str, str] = {}
    for folder in (root / "SegmentationClassAug", root / "SegmentationClass"):
        if folder.is_dir():
            found = (name for name in scan_names(folder) if name.endswith(".png"))
            masks |= {name.removesuffix(".png"): str(folder / name) for name in found}
    return masks


def _table(path: Path) -> Tags:
    return read_tags(path) if path.is_file() else {}


def _tags(
    root: Path, name: str, mask: str | None, table: Tags, classes: Sequence[str]
) -> tuple[str, ...]:
    if name in table:
        present = set(table[name])
    elif (annotation := root / "Annotations" / f"{name}.xml").is_file():
        present = _annotated(annotation)
    elif mask is not None:
        return voc_tags(mask, classes)
    else:
        raise DataError(annotation, "nothing gives the tags of this image", UNPACK)
    return tuple(tag for tag in classes if tag in present)


def _annotated(path: Path) -> set[str]:
    try:
        tree = ET.fromstring(read_bytes(path))
    except (ET.ParseError, ValueError, LookupError) as error:
        raise DataError(path, f"this is no annotation ({error})", UNPACK) from error
    return {(node.text or "").strip() for node in tree.iterfind("object/name")}


def _with_masks(
    root: Path, images: list[Image], skipped: list[Skipped], on_error: OnError
) -> list[Image]:
    if all(image.mask is None for image in images):
        return images
    kept = []
    for image in images:
        with collecting(skipped, image.name, on_error):
            if image.mask is None:
                path = root / "SegmentationClass" / f"{image.name}.png"
                raise DataError(path, "the mask is missing", UNPACK)
            kept.append(image)
    return kept

"""The images of a set: a parquet file, a row an image; their pixels and masks."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mcnn.artefacts.base import read_parquet
from mcnn.artefacts.label_maps import NAMES, read_names
from mcnn.errors import UNPACK, DataError
from mcnn.files import atomic, read_bytes
from mcnn.imaging.decode import decode_image, image_size, load_image
from mcnn.label_space import IGNORE, VOC_CLASSES, index_of

MaskFormat = Literal["voc_index", "named", "binary"]
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


@dataclass(frozen=True, slots=True)
class Image:
    """An image of a set.

    Parameters
    ----------
    name
        Name in the set, the file's stem.
    path
        The image file.
    mask
        The mask file, if there is one.
    tags
        Classes of the image, in the order of the run's classes.
    mask_format
        ``voc_index``: a palette or grey PNG of VOC's class indices; ``named``: of those of the
        table names.csv in its folder; ``binary``: a grey image, perhaps of another size, whose
        bright pixels are of the class `tags[0]`.
    threshold
        Least grey value of the foreground of a binary mask.
    """

    name: str
    path: str
    mask: str | None
    tags: tuple[str, ...]
    mask_format: MaskFormat = "voc_index"
    threshold: int = 128


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
    rows = read_parquet(path, SCHEMA, "a list of images", nullable=("mask",)).to_pylist()
    return [Image(**{**row, "tags": tuple(row["tags"])}) for row in rows]


def read_image(image: Image) -> np.ndarray:
    """RGB pixels of an image, uint8 of shape (H, W, 3); see `decode_image`."""
    return decode_image(read_bytes(image.path), image.path)


def read_mask(image: Image, classes: Sequence[str]) -> np.ndarray:
    """Ground truth of an image in the label space of a run.

    Parameters
    ----------
    image
        An image with a mask.
    classes
        Object classes; the first is label 1.

    Returns
    -------
    ndarray, uint8, shape (H, W)
        Of the image's size: 0 background and classes that are not among `classes`, i + 1
        for ``classes[i]``, 255 ignore. A binary mask is resized (bilinear), then thresholded.

    Raises
    ------
    DataError
        If the image has no mask, or the mask is broken or of another size than the image.
    """
    if image.mask is None:
        raise DataError(image.path, "the image has no mask", "take a set with masks")
    size = image_size(image.path)
    if image.mask_format == "binary":
        resized = cv2.resize(_pixels(image.mask, "L"), size[::-1], interpolation=cv2.INTER_LINEAR)
        label = index_of(classes)[image.tags[0]]
        return np.where(resized >= image.threshold, label, 0).astype(np.uint8)
    named = image.mask_format == "named"
    indices = _pixels(image.mask) if named else _voc_indices(image.mask)
    if indices.shape != size:
        raise DataError(
            image.mask, f"the mask is {_text(indices.shape)}, its image {_text(size)}", UNPACK
        )
    if not named:
        return _lookup(index_of(VOC_CLASSES), classes)[indices]
    names = read_names(Path(image.mask).parent) or {}
    foreign = indices[~np.isin(indices, [*names, IGNORE])]
    if foreign.size:
        problem = f"the mask holds {foreign[0]}, a label without a name"
        raise DataError(image.mask, problem, f"name it in {NAMES} beside the mask")
    return _lookup({name: value for value, name in names.items()}, classes)[indices]


def voc_tags(path: str, classes: Sequence[str]) -> tuple[str, ...]:
    """Those of the classes whose indices a mask of VOC holds, in the order of the classes."""
    present = np.unique(_voc_indices(path))
    names = {VOC_CLASSES[index - 1] for index in present if index not in (0, IGNORE)}
    return tuple(name for name in classes if name in names)


def _lookup(values: Mapping[str, int], classes: Sequence[str]) -> np.ndarray:
    """From the values of a mask to the labels of a run."""
    lookup = np.zeros(256, dtype=np.uint8)
    lookup[IGNORE] = IGNORE
    for name, label in index_of(classes).items():
        if name in values:
            lookup[values[name]] = label
    return lookup


def _voc_indices(path: str) -> np.ndarray:
    indices = _pixels(path)
    foreign = indices[(indices > len(VOC_CLASSES)) & (indices != IGNORE)]
    if foreign.size:
        raise DataError(path, f"the mask holds {foreign[0]}, which is no index of VOC", UNPACK)
    return indices


def _pixels(path: str, mode: str | None = None) -> np.ndarray:
    """Values of a mask converted to a mode; without one, indices, which need grey or palette."""
    mask = load_image(read_bytes(path), path)
    if mode is None and mask.mode not in ("L", "P"):
        raise DataError(path, f"the mask is {mask.mode}, not grey or palette", UNPACK)
    return np.array(mask.convert(mode) if mode else mask)


def _text(size: tuple[int, ...]) -> str:
    return f"{size[1]}x{size[0]}"

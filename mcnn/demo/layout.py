"""Writing the world in the layouts of YouTube-Objects v2.2 and PASCAL VOC 2012."""

import io
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import scipy.io
from PIL import Image

from mcnn.demo.geometry import Array
from mcnn.demo.images import Still
from mcnn.files import atomic
from mcnn.imaging.palette import encode_labels

Box = tuple[int, int, int, int]

JPEG_QUALITY = 92


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file atomically, with its folder."""
    with atomic(path) as partial:
        partial.write_bytes(content)


def write_jpeg(path: Path, image: Array) -> None:
    """Write an image uint8 (H, W, 3)."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=JPEG_QUALITY)
    write_bytes(path, buffer.getvalue())


def write_mask(path: Path, mask: Array) -> None:
    """Write a mask bool (H, W) as a PNG of 0 and 255."""
    buffer = io.BytesIO()
    Image.fromarray(mask.astype(np.uint8) * 255).save(buffer, "PNG")
    write_bytes(path, buffer.getvalue())


def write_ranges(root: Path, tag: str, shots: Sequence[tuple[int, int, int]]) -> None:
    """Write Ranges/ranges_<class>.mat from (first frame, last frame, video) of each shot."""
    columns = np.array(shots, np.float64).reshape(-1, 3).T
    _write_mat(root / "Ranges" / f"ranges_{tag}.mat", {"ranges": columns})


def write_boxes(root: Path, tag: str, split: str, boxes: Sequence[tuple[int, Box]]) -> None:
    """Write GroundTruth/<class>/bb_gt<split>_<class>.mat from (frame, box); split is Training or
    Test."""
    rows = np.zeros((1, len(boxes)), [("name", object), ("boxes", object)])
    for k, (frame, box) in enumerate(boxes):
        rows[0, k] = (f"{tag}{frame:08d}", np.array([box], np.float64))
    path = root / "GroundTruth" / tag / f"bb_gt{split}_{tag}.mat"
    _write_mat(path, {f"bb_gt{split}": rows})


def _write_mat(path: Path, content: dict[str, Array]) -> None:
    with atomic(path) as partial:
        scipy.io.savemat(str(partial), content, appendmat=False)
        data = partial.read_bytes()
        # The 116 bytes of header text hold the time of writing: the same world, the same bytes.
        partial.write_bytes(b"MATLAB 5.0 MAT-file".ljust(116) + data[116:])


def write_still(root: Path, name: str, still: Still) -> None:
    """Write an image, its segmentation and its annotation below VOC2012."""
    write_jpeg(root / "JPEGImages" / f"{name}.jpg", still.image)
    write_bytes(root / "SegmentationClass" / f"{name}.png", encode_labels(still.labels))
    write_bytes(root / "Annotations" / f"{name}.xml", _annotation(name, still))


def _annotation(name: str, still: Still) -> bytes:
    height, width = still.labels.shape
    top = ElementTree.Element("annotation")
    _leaves(top, folder="VOC2012", filename=f"{name}.jpg")
    _leaves(ElementTree.SubElement(top, "source"), database="rendered", annotation="rendered")
    _leaves(ElementTree.SubElement(top, "size"), width=width, height=height, depth=3)
    _leaves(top, segmented=1)
    for tag, (xmin, ymin, xmax, ymax) in still.objects:
        node = ElementTree.SubElement(top, "object")
        _leaves(node, name=tag, pose="Unspecified", truncated=0, difficult=0)
        box = ElementTree.SubElement(node, "bndbox")
        _leaves(box, xmin=xmin, ymin=ymin, xmax=xmax, ymax=ymax)
    ElementTree.indent(top)
    return bytes(ElementTree.tostring(top)) + b"\n"


def _leaves(parent: ElementTree.Element, **texts: object) -> None:
    for key, text in texts.items():
        ElementTree.SubElement(parent, key).text = str(text)


def write_list(root: Path, split: str, names: Sequence[str]) -> None:
    """Write ImageSets/Segmentation/<split>.txt below VOC2012."""
    content = "".join(f"{name}\n" for name in names)
    write_bytes(root / "ImageSets" / "Segmentation" / f"{split}.txt", content.encode())

"""Ground-truth boxes of YouTube-Objects: v2.2 (MATLAB), v2.3 (XML) and v1.0 (sticks)."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mcnn.artefacts.annotations import AnnotatedBox
from mcnn.artefacts.shots import Shot
from mcnn.artefacts.skipped import OnError, Skipped, collecting
from mcnn.datasets.annotations import annotate, edges_of_pixels
from mcnn.datasets.box_xml import read_box_file
from mcnn.datasets.files import list_names
from mcnn.datasets.frames import frame_path
from mcnn.datasets.mat import read_cells, read_named
from mcnn.errors import UNPACK, DataError
from mcnn.files import read_bytes

SPLITS = ("Training", "Test")
_FRAME_NAME = re.compile(r"(.*?)_?([0-9]{8})")


def read_mat_boxes(
    root: Path, splits: Sequence[str], shots: Sequence[Shot], on_error: OnError
) -> tuple[list[AnnotatedBox], list[Skipped]]:
    """Boxes of YouTube-Objects v2.2.

    Parameters
    ----------
    root
        Folder with ``<class>/bb_gtTraining_<class>.mat`` and ``bb_gtTest_<class>.mat``, or one
        that holds ``GroundTruth`` or ``GroundTruth/GroundTruth``.
    splits
        ``Training`` (one object a frame), ``Test`` (all objects); none: both.
    shots
        The manifest. A frame that lies in two shots belongs to the first.
    on_error
        ``skip`` leaves out files that are missing or broken, and frames outside all shots.

    Returns
    -------
    boxes, skipped

    Raises
    ------
    DataError
        Under ``stop``, for the first thing at fault.
    """
    boxes: list[AnnotatedBox] = []
    skipped: list[Skipped] = []
    for tag, mine in _by_class(shots).items():
        for split in splits or SPLITS:
            name = f"bb_gt{split}"
            path = _mat_file(root, f"{tag}/{name}_{tag}.mat")
            with collecting(skipped, f"{name}_{tag}", on_error):
                for frame_name, pixels in read_named(path, name):
                    with collecting(skipped, frame_name, on_error):
                        number = _number(frame_name, tag, path)
                        shot = _shot_of(number, mine, path)
                        found = edges_of_pixels(_four_columns(pixels, path), origin=1)
                        boxes += annotate(shot, number, tag, *found)
    return boxes, skipped


def read_voc_boxes(
    root: Path, splits: Sequence[str], shots: Sequence[Shot], on_error: OnError
) -> tuple[list[AnnotatedBox], list[Skipped]]:
    """Boxes of YouTube-Objects v2.3, the frames of v2.2 in the layout of VOC 2007.

    Parameters
    ----------
    root
        Folder ``YTO`` with ``Annotations/<class>_%08d.xml``, or one that holds ``YTOdevkit/YTO``.
    splits
        Lists ``ImageSets/<split>.txt``; none: all annotations.
    shots, on_error
        As for `read_mat_boxes`. Annotations of classes without shots are left out.
    """
    root = root if (root / "Annotations").is_dir() else root / "YTOdevkit" / "YTO"
    classes = _by_class(shots)
    boxes: list[AnnotatedBox] = []
    skipped: list[Skipped] = []
    for name in dict.fromkeys(_annotated_names(root, splits)):
        path = root / "Annotations" / f"{name}.xml"
        match = _FRAME_NAME.fullmatch(name)
        if not match or match[1] not in classes:
            continue
        tag, number = match[1], int(match[2])
        with collecting(skipped, name, on_error):
            shot = _shot_of(number, classes[tag], path)
            size, objects = read_box_file(path)
            pixels = [box for found, box in objects if found == tag]
            boxes += annotate(shot, number, tag, *edges_of_pixels(pixels, 1, size))
    return boxes, skipped


def read_sticks(
    shots: Iterable[Shot], on_error: OnError
) -> tuple[list[AnnotatedBox], list[Skipped]]:
    """Boxes of YouTube-Objects v1.0, in ``<frame>_sticks.mat`` beside the annotated frames.

    Parameters
    ----------
    shots
        The manifest of `mcnn.datasets.youtube_objects_v1`.
    on_error
        ``skip`` leaves out files that are broken.
    """
    boxes: list[AnnotatedBox] = []
    skipped: list[Skipped] = []
    for shot in shots:
        folder = frame_path(shot, shot.first).parent
        names = set(list_names(folder))
        for frame in shot.indices:
            path = folder / f"{frame_path(shot, frame).name}_sticks.mat"
            if path.name not in names:
                continue
            with collecting(skipped, str(path), on_error):
                pixels = [cell.ravel() for cell in read_cells(path, "coor")]
                if any(len(box) != 4 for box in pixels):
                    raise DataError(path, "'coor' holds something else than boxes", UNPACK)
                (tag,) = shot.tags
                boxes += annotate(shot, frame, tag, *edges_of_pixels(pixels, origin=1))
    return boxes, skipped


def _by_class(shots: Iterable[Shot]) -> dict[str, list[Shot]]:
    classes: dict[str, list[Shot]] = {}
    for shot in shots:
        for tag in shot.tags:
            classes.setdefault(tag, []).append(shot)
    return classes


def _mat_file(root: Path, name: str) -> Path:
    folders = (root, root / "GroundTruth", root / "GroundTruth" / "GroundTruth")
    return next((folder / name for folder in folders if (folder / name).is_file()), root / name)


def _annotated_names(root: Path, splits: Sequence[str]) -> Iterator[str]:
    if not splits:
        names = list_names(root / "Annotations")
        yield from (name.removesuffix(".xml") for name in names if name.endswith(".xml"))
    for split in splits:
        content = read_bytes(root / "ImageSets" / f"{split}.txt").decode("utf-8", "replace")
        yield from (line.split()[0] for line in content.splitlines() if line.strip())


def _number(name: str, tag: str, path: Path) -> int:
    match = _FRAME_NAME.fullmatch(name)
    if not match or match[1] != tag:
        raise DataError(path, f"{name!r} is no name of a frame of {tag}", UNPACK)
    return int(match[2])


def _shot_of(number: int, shots: Iterable[Shot], path: Path) -> Shot:
    for shot in shots:
        if shot.first <= number <= shot.last:
            return shot
    raise DataError(path, f"its frame {number} lies in no shot of the manifest", UNPACK)


def _four_columns(pixels: NDArray[np.generic], path: Path) -> NDArray[np.float64]:
    if pixels.size == 0:
        return np.empty((0, 4))
    if pixels.ndim != 2 or pixels.shape[1] != 4 or pixels.dtype.kind not in "iuf":
        raise DataError(path, f"boxes have shape {pixels.shape}, expected K x 4", UNPACK)
    return pixels.astype(np.float64)

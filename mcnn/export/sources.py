"""Label maps that the other commands wrote, each with its image."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mcnn.artefacts.label_maps import read_labels, read_names
from mcnn.artefacts.localized import iterate_localized, read_localized
from mcnn.artefacts.shots import Shot
from mcnn.datasets.files import IMAGE_SUFFIXES, list_images
from mcnn.datasets.frames import FrameReader
from mcnn.errors import DataError
from mcnn.imaging.decode import decode_image
from mcnn.label_space import BACKGROUND

LOCALIZED = "localized.parquet"


class Annotated(NamedTuple):
    """An image and its labels.

    Attributes
    ----------
    name
        Path of the image file below its folder.
    image
        The image file's bytes.
    labels
        ``(H, W)`` uint8.
    """

    name: str
    image: bytes
    labels: NDArray[np.uint8]


class Annotations(NamedTuple):
    """The annotated images of a folder: the names of the labels, and the images."""

    names: dict[int, str]
    n_images: int
    images: Iterator[Annotated]


def read_annotations(labels: Path, frames: Path, tags: Sequence[str] = ()) -> Annotations:
    """What a command of mcnn found in a video or in photographs.

    Parameters
    ----------
    labels
        Folder of `mcnn localize`, or of label maps: that of `mcnn label`, `mcnn predict`,
        `mcnn segment-motion`, or any of PNGs ``<image>.png``, or ``%08d.png`` of the frames of a
        video file. Of `mcnn predict` for a video, the video's folder.
    frames
        The video file, or the folder of the images.
    tags
        Names of the labels from 1 on where no table names them; "object" if there are none.

    Raises
    ------
    DataError
        If there are no labels, a label has no name, or an image is missing, broken or of another
        size than its labels. The images are checked as they are read.
    """
    if not frames.exists():
        raise DataError(frames, "there is no such video or folder of images", "correct the path")
    path = labels / LOCALIZED
    if path.is_file():
        table = read_localized([path])
        names = dict(enumerate([BACKGROUND, *dict.fromkeys(table["class"])]))
        maps = _localized(path, names)
        return Annotations(names, table["frame"].nunique(), _with_frames(maps, frames))
    files = sorted(path.relative_to(labels) for path in labels.rglob("*.png"))
    if not files:
        problem = "it holds no PNG of labels and no localized.parquet"
        raise DataError(
            labels, problem, "give the folder that mcnn predict, label or localize wrote"
        )
    found = read_names(labels) or read_names(labels.parent)
    names = found or dict(enumerate([BACKGROUND, *(tags or ["object"])]))
    if frames.is_dir():
        return Annotations(names, len(files), _with_images(labels, files, names, frames))
    numbers = sorted((_number(labels / file), file) for file in files)
    maps = ((number, _labels(labels / file, names)) for number, file in numbers)
    return Annotations(names, len(files), _with_frames(maps, frames))


def _with_images(
    labels: Path, files: Sequence[Path], names: Mapping[int, str], folder: Path
) -> Iterator[Annotated]:
    images = {
        path.relative_to(folder).with_suffix(""): path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in IMAGE_SUFFIXES
    }
    for file in files:
        path = images.get(file.with_suffix(""))
        if path is None:
            problem = f"no image of {folder} is called {file.with_suffix('')}"
            raise DataError(labels / file, problem, "give the folder of the images it is of")
        found = _labels(labels / file, names)
        yield _checked(Annotated(str(path.relative_to(folder)), path.read_bytes(), found))


def _with_frames(
    maps: Iterator[tuple[int, NDArray[np.uint8]]], frames: Path
) -> Iterator[Annotated]:
    """Label maps of frames in ascending order, with the frames of a video or a folder."""
    listed = list_images(frames) if frames.is_dir() else None
    with FrameReader() as reader:
        for number, found in maps:
            shot = Shot(
                frames.stem, 0, 0, number, (), "folder" if listed else "file", str(frames), 1
            )
            (image,) = reader.encoded(shot, [number])
            name = listed[number] if listed else f"{number:08d}.jpg"
            yield _checked(Annotated(name, image, found))


def _localized(path: Path, names: Mapping[int, str]) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Label maps at the size of the frames; where classes overlap, the last one counts."""
    label = {name: k for k, name in names.items()}
    for number, rows in groupby(iterate_localized(path), key=lambda row: int(row["frame"])):
        labels: NDArray[np.uint8] | None = None
        for row in rows:
            size = row["height"], row["width"]
            if labels is None:
                labels = np.zeros(size, np.uint8)
            mask = cv2.resize(
                row["mask"].astype(np.uint8), size[::-1], interpolation=cv2.INTER_NEAREST_EXACT
            )
            labels[mask > 0] = label[row["class"]]
        assert labels is not None
        yield number, labels


def _labels(path: Path, names: Mapping[int, str]) -> NDArray[np.uint8]:
    labels = read_labels(path)
    nameless = [label for label in np.unique(labels).tolist() if label not in names]
    if nameless:
        problem = f"it holds {nameless[0]}, a label without a name"
        raise DataError(path, problem, "name the labels from 1 on by --tag, or in names.csv")
    return labels


def _number(path: Path) -> int:
    if not path.stem.isdecimal():
        problem = "it is not called by the number of a frame of the video"
        raise DataError(
            path, problem, "give the folder of the images it is of, or call it %08d.png"
        )
    return int(path.stem)


def _checked(annotated: Annotated) -> Annotated:
    height, width = decode_image(annotated.image, annotated.name).shape[:2]
    if (height, width) != annotated.labels.shape:
        rows, columns = annotated.labels.shape
        problem = f"the image is {width}x{height}, its labels {columns}x{rows}"
        raise DataError(annotated.name, problem, "give the images that were labelled")
    return annotated

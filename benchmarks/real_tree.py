"""The inputs of `real.py`: real videos, photographs and masks, in the datasets' official layouts.

Videos go to the layout of YouTube-Objects, which says where the shots of a video begin: long ones
are cut into up to three. Everything is reduced to a shorter side of `SIDE` pixels.
"""

import csv
import tempfile
from collections.abc import Iterable, Iterator
from itertools import count, pairwise
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

from mcnn.demo.layout import Box, write_boxes, write_list, write_ranges
from mcnn.imaging.boxes import box_of

LISTS = Path(__file__).parents[1] / "config" / "real"
SIDE = 240
SHOT, LEAST = 40, 25
"""Most frames of a shot, and fewest that a video must have for each of its shots."""
ANNOTATED = 5
"""Every which frame with a mask has a box to score co-localization with, for speed."""
SUBSETS = ("one", "two", "davis")
"""Datasets of some of the videos: the first one or two of each class, and those with masks."""


class Video(NamedTuple):
    """A line of videos.csv: a file or a folder of frames below `data`, or a part of the latter."""

    tag: str
    path: Path
    first: int
    last: int | None

    @property
    def masks(self) -> Path | None:
        """The folder of its masks, if it has some."""
        folder = Path(str(self.path).replace("JPEGImages", "Annotations"))
        return folder if folder != self.path else None


def read_videos(data: Path) -> list[Video]:
    """The videos of the list, in its order."""
    with (LISTS / "videos.csv").open(newline="") as file:
        return [
            Video(
                row["tag"],
                data / row["frames"],
                int(row["first"] or 0),
                int(row["last"]) if row["last"] else None,
            )
            for row in csv.DictReader(file)
        ]


def reduced(image: np.ndarray, interpolation: int) -> np.ndarray:
    """An image whose shorter side is `SIDE`, if it was longer."""
    scale = min(1.0, SIDE / min(image.shape[:2]))
    size = round(scale * image.shape[1]), round(scale * image.shape[0])
    return cv2.resize(image, size, interpolation=interpolation)


def write_image(image: np.ndarray, path: Path) -> None:
    """Write a reduced JPEG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    small = reduced(image, cv2.INTER_AREA)
    cv2.imwrite(str(path), small, [cv2.IMWRITE_JPEG_QUALITY, 95])


def write_mask(mask: np.ndarray, path: Path) -> np.ndarray:
    """Write a reduced PNG of an index or grey-level mask, and return it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    small = reduced(mask, cv2.INTER_NEAREST_EXACT)
    cv2.imwrite(str(path), small)
    return small


def frames_of(video: Video) -> list[np.ndarray]:
    """All frames of a video, or of the part that is meant."""
    if video.path.is_dir():
        images = [cv2.imread(str(path)) for path in sorted(video.path.glob("*.jpg"))]
        return images[video.first : None if video.last is None else video.last + 1]
    capture, images = cv2.VideoCapture(str(video.path)), []
    while (read := capture.read())[0]:
        images.append(reduced(read[1], cv2.INTER_AREA))
    return images


def shots_of(n_frames: int) -> list[range]:
    """Frames of the shots that a video is cut into: evenly spread, none longer than `SHOT`."""
    n_shots = min(3, max(1, n_frames // LEAST))
    ends = [n_frames * k // n_shots for k in range(n_shots + 1)]
    return [range(a, min(b, a + SHOT)) for a, b in pairwise(ends)]


def build_tree(data: Path, root: Path) -> None:
    """Write the tree at once, if it is not there."""
    if root.is_dir():
        return
    root.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root.parent) as unfinished:
        new = Path(unfinished) / "tree"
        build_videos(read_videos(data), new)
        build_voc(data / "voc2012", new / "VOC2012")
        build_tagged(data, new / "tagged")
        build_horses(data / "weizmann_horse", new / "horses")
        new.rename(root)


def build_videos(videos: Iterable[Video], root: Path) -> None:
    """Write frames, masks, shots and boxes, of all videos and of the subsets."""
    by_tag: dict[str, list[Video]] = {}
    for video in videos:
        by_tag.setdefault(video.tag, []).append(video)
    for tag, group in by_tag.items():
        frame = count(1)
        ranges: list[tuple[int, int, int]] = []
        boxes: list[tuple[int, Box]] = []
        for number, video in enumerate(group, start=1):
            images = frames_of(video)
            masks = sorted(video.masks.glob("*.png")) if video.masks else []
            for shot in shots_of(len(images)):
                numbers = [next(frame) for _ in shot]
                ranges.append((numbers[0], numbers[-1], number))
                for k, i in zip(numbers, shot, strict=True):
                    write_image(images[i], root / "videos" / tag / f"{k:08d}.jpg")
                    if masks:
                        path = root / "masks" / tag / f"{k:08d}.png"
                        mask = write_mask(np.asarray(Image.open(masks[i]).convert("L")), path)
                        if k % ANNOTATED == 0 and (box := box_of(mask > 0)) is not None:
                            boxes.append((k, box))
        write_ranges(root / "videos", tag, ranges)
        with_masks = {k for k, video in enumerate(group, start=1) if video.masks}
        for subset, chosen in zip(SUBSETS, ({1}, {1, 2}, with_masks), strict=True):
            # The layout has all ten classes, if some without a shot.
            write_ranges(root / subset, tag, [each for each in ranges if each[2] in chosen])
            (root / subset / tag).symlink_to(Path("..", "videos", tag))
        write_boxes(root / "davis", tag, "Training", boxes)
        write_boxes(root / "davis", tag, "Test", [])


def build_voc(voc: Path, root: Path) -> None:
    """Write the images and masks of val's two parts, and those of train that have masks."""
    lists = {name: (LISTS / f"{name}.txt").read_text().split() for name in ("tune", "report")}
    lists["train"] = (voc / "ImageSets/Segmentation/train_here.txt").read_text().split()
    for split, names in lists.items():
        write_list(root, split, names)
        copy_images(voc, root, names)
        for name in names:
            mask = np.asarray(Image.open(voc / "SegmentationClass" / f"{name}.png"))
            write_mask(mask, root / "SegmentationClass" / f"{name}.png")
    (root / "image_tags.csv").write_bytes((voc / "image_tags.csv").read_bytes())


def build_tagged(data: Path, root: Path) -> None:
    """Write the training images that have tags alone: of VOC, and with those of Caltech-101."""
    voc = data / "voc2012"
    names = (voc / "ImageSets/Segmentation/train_aug_here.txt").read_text().split()
    copy_images(voc, root, names)
    tags = (voc / "image_tags.csv").read_text().rstrip()
    others = []
    for path in sorted((data / "caltech101").glob("*/*.jpg")):
        others.append(f"{path.parent.name}_{path.stem}")
        write_image(cv2.imread(str(path)), root / "JPEGImages" / f"{others[-1]}.jpg")
        tags += f"\n{others[-1]},{path.parent.name}"
    write_list(root, "voc", names)
    write_list(root, "all", names + others)
    (root / "image_tags.csv").write_text(f"{tags}\n")


def copy_images(voc: Path, root: Path, names: Iterable[str]) -> None:
    """Write reduced photographs of VOC."""
    for name in names:
        image = cv2.imread(str(voc / "JPEGImages" / f"{name}.jpg"))
        write_image(image, root / "JPEGImages" / f"{name}.jpg")


def build_horses(horses: Path, root: Path) -> None:
    """Write the photographs of the Weizmann horses, and their masks at their size."""
    for path in images_in(horses / "rgb"):
        image = cv2.imread(str(path))
        write_image(image, root / "images" / f"{path.stem}.jpg")
        mask = cv2.imread(str(horses / "figure_ground" / path.name), cv2.IMREAD_GRAYSCALE)
        mask = cv2.resize(mask, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        write_mask(mask, root / "masks" / f"{path.stem}.png")


def images_in(folder: Path) -> Iterator[Path]:
    """The JPEGs of a folder, in order."""
    yield from sorted(folder.glob("*.jpg"))

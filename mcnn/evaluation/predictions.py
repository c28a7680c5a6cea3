"""Pictures of what a network sees in the frames or images that it was trained on."""

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as Pillow

from mcnn.artefacts.images import Image, read_image, read_images
from mcnn.artefacts.samples import SampleFile
from mcnn.imaging.drawing import Frame, contact_sheet, legend, paint_labels, spread, tint
from mcnn.imaging.masks import Mask
from mcnn.networks.base import pick_device
from mcnn.networks.scores import predict_label_maps
from mcnn.networks.stream import Stream
from mcnn.networks.weights import load_network
from mcnn.progress import track

PICTURES = 12
"""Most frames or images of a class."""


class Shown(NamedTuple):
    """A frame or image to be shown; `motion` is the motion mask of a frame."""

    caption: str
    image: Frame
    motion: Mask | None


def draw_predictions(
    model: Path,
    samples: Path | None,
    images: Path | None,
    output: Path,
    device: str,
    threads: int,
) -> None:
    """Draw a sheet per class: frames beside what moves in them and what the network sees.

    Parameters
    ----------
    model
        model.safetensors of a training; it names its classes.
    samples, images
        Sampled frames of the videos, images.parquet of tagged images, or None.
    output
        Folder of `<class>.jpg`. A class without frames and images has none.
    device
        auto, cpu, cuda or mps.
    threads
        Images that are worked on at the same time, on an accelerator batches of them.

    Raises
    ------
    DataError
        If a file is missing or broken.
    """
    torch.set_num_threads(threads)
    network, classes = load_network(model)
    target = pick_device(device)
    network.to(target)
    file = None if samples is None else SampleFile(samples)
    listed = [] if images is None else read_images(images)
    output.mkdir(parents=True, exist_ok=True)

    def read(each: Shown) -> tuple[Frame, Shown]:
        return each.image, each

    def look(frames: Frame, given: Sequence[Shown]) -> Iterator[tuple[Shown, NDArray[np.uint8]]]:
        return zip(given, predict_label_maps(network, frames), strict=True)

    with Stream(target, threads) as stream:
        for name in track(classes, len(classes), "drawing predictions"):
            shown = chain(_frames(file, name), _images(listed, name))
            rows = list(stream.each(shown, read, look))
            if rows:
                picture = draw_sheet(rows, classes)
                Pillow.fromarray(picture).save(output / f"{name}.jpg", quality=92)


def draw_sheet(rows: Sequence[tuple[Shown, NDArray[np.uint8]]], classes: Sequence[str]) -> Frame:
    """Two frames a row, each beside its labels ``(H, W)`` uint8, and the colours of the labels."""
    tiles: list[Frame] = []
    titles: list[str] = []
    for (caption, image, motion), labels in rows:
        tiles.append(image if motion is None else tint(image, motion))
        titles.append(caption if motion is None else f"{caption}: what moves")
        tiles.append(paint_labels(image, labels))
        titles.append(_names(labels, classes))
    sheet = contact_sheet(tiles, titles)
    return np.vstack([sheet, legend(classes, sheet.shape[1])])


def _names(labels: NDArray[np.uint8], classes: Sequence[str]) -> str:
    """The labels of a picture and their shares of it, the largest first."""
    counts = np.bincount(labels.ravel(), minlength=1 + len(classes))[1:] / labels.size
    order = np.argsort(-counts, kind="stable")
    return ", ".join(f"{classes[k]} {counts[k]:.1%}" for k in order if counts[k]) or "background"


def _frames(file: SampleFile | None, name: str) -> Iterator[Shown]:
    if file is None:
        return
    every = [
        (index, position)
        for index, (_, _, tags) in enumerate(file.shots)
        if name in tags
        for position in range(file.length(index))
    ]
    for k in spread(PICTURES, len(every)):
        index, position = every[k]
        sample = file.read(index, [position])
        caption = f"{sample.video}, shot {sample.shot}"
        yield Shown(caption, sample.images[0], sample.masks[0])


def _images(listed: Sequence[Image], name: str) -> Iterator[Shown]:
    mine = [image for image in listed if name in image.tags]
    for k in spread(PICTURES, len(mine)):
        yield Shown(mine[k].name, read_image(mine[k]), None)

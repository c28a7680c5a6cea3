"""The best, median and worst images of each class: the image, the segmentation and the truth."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from PIL import Image as Pillow

from mcnn.artefacts.images import read_image, read_images, read_mask
from mcnn.artefacts.pictures import EXAMPLES, write_pictures
from mcnn.artefacts.scores import read_image_iou
from mcnn.config.evaluation import Postprocessing
from mcnn.evaluation.evaluate import segment
from mcnn.imaging.drawing import Frame, paint_labels
from mcnn.imaging.resize import reduce_frame
from mcnn.networks.base import pick_device
from mcnn.networks.stream import Stream
from mcnn.networks.weights import load_network
from mcnn.progress import track

WIDTH = 240
"""Most pixels of the longer side of an image in a picture, of which there are three."""
EACH = 3
"""The most images of a class that are shown as its best ones, as many in the middle and worst."""

_Shown = tuple[str, str, int, str, float]
"""Class, rank, number in the rank, image and IoU."""
_Row = tuple[str, str, str, str, float]


def draw_examples(
    model: Path,
    images: Path,
    image_iou: Path,
    image_set: str,
    output: Path,
    device: str,
    threads: int,
    postprocessing: Postprocessing = "none",
) -> None:
    """Draw the images of each class that are segmented best, in the middle, and worst.

    Parameters
    ----------
    model
        model.safetensors of a training; it names its classes.
    images
        images.parquet of a set with masks.
    image_iou, image_set
        image_iou.csv of the model, and the name that the set has there.
    output
        Folder of the pictures, `<class>_<rank><number>.jpg`, and of their table; see
        `draw_example`.
    device, threads, postprocessing
        See `mcnn.evaluation.evaluate.evaluate`.

    Raises
    ------
    DataError
        If a file is missing or broken.
    """
    torch.set_num_threads(threads)
    network, classes = load_network(model)
    target = pick_device(device)
    network.to(target).eval()
    by_name = {image.name: image for image in read_images(images)}
    scores = read_image_iou(image_iou)
    scores = scores[scores["set"] == image_set]
    shown = [(name, *each) for name in classes for each in ranked(scores, name)]
    output.mkdir(parents=True, exist_ok=True)

    def read(each: _Shown) -> tuple[Frame, tuple[_Shown, np.ndarray]]:
        image = by_name[each[3]]
        return read_image(image), (each, read_mask(image, classes))

    def draw(images: Frame, given: Sequence[tuple[_Shown, np.ndarray]]) -> Iterator[_Row]:
        found = segment(network, images, postprocessing)
        for pixels, labels, (each, truth) in zip(images, found, given, strict=True):
            name, rank, number, image_name, iou = each
            file = f"{name}_{rank}{number}.jpg"
            Pillow.fromarray(draw_example(pixels, labels, truth)).save(output / file, quality=85)
            yield file, name, rank, image_name, round(iou, 4)

    with Stream(target, threads) as stream:
        found = stream.each(shown, read, draw, alone=postprocessing != "none")
        rows = list(track(found, len(shown), "drawing segmentations"))
    write_pictures(pd.DataFrame(rows, columns=list(EXAMPLES)), output, EXAMPLES)


def ranked(scores: pd.DataFrame, name: str) -> list[tuple[str, int, str, float]]:
    """Rank, number in the rank, name and IoU of the images of a class that are shown.

    Parameters
    ----------
    scores
        Columns image, class, iou.
    name
        The class. Where it has fewer than three times `EACH` images, all are shown, none twice.
    """
    mine = scores[scores["class"] == name].sort_values("iou", ascending=False, kind="stable")
    n_best = min(EACH, math.ceil(len(mine) / 3))
    n_worst = min(EACH, math.ceil((len(mine) - n_best) / 2))
    between = mine.iloc[n_best : len(mine) - n_worst]
    n_median = min(EACH, len(between))
    first = (len(between) - n_median) // 2
    groups = {
        "best": mine.iloc[:n_best],
        "median": between.iloc[first : first + n_median],
        "worst": mine.iloc[len(mine) - n_worst :],
    }
    return [
        (rank, number, image, iou)
        for rank, rows in groups.items()
        for number, (image, iou) in enumerate(
            zip(rows["image"].tolist(), rows["iou"].tolist(), strict=True), start=1
        )
    ]


def draw_example(image: Frame, labels: np.ndarray, truth: np.ndarray) -> Frame:
    """An image, and painted over it the labels and the truth, side by side.

    Parameters
    ----------
    image
        ``(H, W, 3)`` uint8 RGB.
    labels, truth
        ``(H, W)`` uint8; pixels of the truth that are 255 stay as they are.
    """
    views = (image, paint_labels(image, labels), paint_labels(image, truth))
    return np.hstack([reduce_frame(view, WIDTH) for view in views])

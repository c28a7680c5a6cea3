"""Pictures of `real.py`: the best, median and worst images of each class, prediction and truth."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image as Pillow

from mcnn.artefacts.images import Image, read_image, read_images, read_mask
from mcnn.evaluation.iou import confusion_matrix, iou_per_class
from mcnn.imaging.drawing import contact_sheet, legend, paint_labels
from mcnn.networks.scores import predict_labels
from mcnn.networks.weights import load_network

OF_EACH = 3
"""Images that are the best, median and worst of a class."""


class Scored(NamedTuple):
    """An image of a class, the predicted labels ``(H, W)`` uint8, and the IoU of the class."""

    image: Image
    prediction: np.ndarray
    iou: float


def draw_pictures(model: Path, images: Path, folder: Path) -> None:
    """Write <class>.png for each class: prediction on the left, truth on the right.

    Parameters
    ----------
    model
        model.safetensors of a training.
    images
        images.parquet of a set with masks.
    folder
        Where to write.
    """
    network, classes = load_network(model)
    shown = [image for image in read_images(images) if image.mask is not None]
    predictions = [predict_labels(network.eval(), read_image(image)) for image in shown]
    folder.mkdir(parents=True, exist_ok=True)
    for label, name in enumerate(classes, start=1):
        scored = []
        for image, prediction in zip(shown, predictions, strict=True):
            truth = read_mask(image, classes)
            if (truth == label).any():
                confusion = confusion_matrix(truth, prediction, 1 + len(classes))
                scored.append(Scored(image, prediction, float(iou_per_class(confusion)[label])))
        if scored:
            sheet = draw_class(pick(scored), classes)
            Pillow.fromarray(sheet).save(folder / f"{name}.png")


def pick(scored: Sequence[Scored]) -> list[Scored]:
    """The best, the median and the worst images, the best first; all of them if there are few."""
    ranked = sorted(scored, key=lambda each: -each.iou)
    if len(ranked) <= 3 * OF_EACH:
        return ranked
    middle = (len(ranked) - OF_EACH) // 2
    return ranked[:OF_EACH] + ranked[middle : middle + OF_EACH] + ranked[-OF_EACH:]


def draw_class(scored: Sequence[Scored], classes: Sequence[str]) -> np.ndarray:
    """Pictures of the images, two a row, above the colours of the classes."""
    tiles, titles = [], []
    for each in scored:
        pixels, truth = read_image(each.image), read_mask(each.image, classes)
        tiles += [paint_labels(pixels, each.prediction), paint_labels(pixels, truth)]
        titles += [f"{each.image.name} IoU {100 * each.iou:.0f}", "truth"]
    sheet = contact_sheet(tiles, titles, columns=6)
    return np.concatenate([sheet, legend(classes, sheet.shape[1])])

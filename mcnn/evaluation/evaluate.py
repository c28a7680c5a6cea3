"""Evaluation of a trained network on sets of images."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from mcnn.artefacts.images import Image, read_image, read_images, read_mask
from mcnn.artefacts.scores import IMAGE_IOU, MEAN, write_confusion, write_image_iou, write_iou
from mcnn.config.evaluation import Postprocessing
from mcnn.errors import DataError
from mcnn.evaluation.dense_crf import dense_crf
from mcnn.evaluation.iou import confusion_matrix, iou_per_class, mean_iou
from mcnn.label_space import BACKGROUND
from mcnn.networks.base import SegmentationNetwork, pick_device
from mcnn.networks.scores import predict_label_maps, predict_probabilities
from mcnn.networks.stream import Stream
from mcnn.networks.weights import load_network
from mcnn.progress import track


def evaluate(
    model: Path,
    image_sets: Mapping[str, Path],
    output: Path,
    device: str,
    threads: int,
    postprocessing: Postprocessing = "none",
) -> None:
    """Write iou.csv, image_iou.csv and confusion.csv of a model on sets of images.

    Parameters
    ----------
    model
        model.safetensors of a training; it names its classes.
    image_sets
        images.parquet of each set, by the set's name.
    output
        Folder of the three tables.
    device
        auto, cpu, cuda or mps.
    threads
        Images that are worked on at the same time, on an accelerator batches of them; results do
        not depend on it.
    postprocessing
        none: each pixel has its most probable label; dense_crf: after the dense CRF. Recorded in
        iou.csv.

    Raises
    ------
    DataError
        If a set has no image with a mask, or an image or mask is missing or broken.
    """
    torch.set_num_threads(threads)
    network, classes = load_network(model)
    target = pick_device(device)
    network.to(target).eval()
    labels = [BACKGROUND, *classes]
    ious, image_ious, confusions = [], [], []
    with Stream(target, threads) as stream:
        for name, path in image_sets.items():
            confusion = np.zeros((len(labels), len(labels)), np.int64)
            images = [image for image in read_images(path) if image.mask is not None]
            if not images:
                raise DataError(
                    path, "no image of this set has a mask", "add the masks and list it anew"
                )
            found = _confusions(stream, network, images, classes, postprocessing)
            for image, of_image in track(found, len(images), f"evaluating on {name}"):
                confusion += of_image
                image_ious += [
                    (name, image.name, label, iou)
                    for label, iou in zip(classes, iou_per_class(of_image)[1:], strict=True)
                    if not np.isnan(iou)
                ]
            table = _iou_table(name, labels, confusion, len(images))
            table.insert(2, "postprocessing", postprocessing)
            ious.append(table)
            confusions.append(_confusion_table(name, labels, confusion))
    write_iou(pd.concat(ious), output / "iou.csv")
    by_image = pd.DataFrame(image_ious, columns=list(IMAGE_IOU))
    write_image_iou(by_image, output / "image_iou.csv")
    write_confusion(pd.concat(confusions), output / "confusion.csv")


def segment(
    network: SegmentationNetwork, images: NDArray[np.uint8], postprocessing: Postprocessing
) -> NDArray[np.uint8]:
    """Labels ``(N, H, W)`` uint8 of images ``(N, H, W, 3)`` uint8 RGB, post-processed as named."""
    if postprocessing == "none":
        return predict_label_maps(network, images)
    found = zip(predict_probabilities(network, images), images, strict=True)
    return np.stack([dense_crf(*each).argmax(0).astype(np.uint8) for each in found])


def _confusions(
    stream: Stream,
    network: SegmentationNetwork,
    images: Sequence[Image],
    classes: Sequence[str],
    postprocessing: Postprocessing,
) -> Iterator[tuple[Image, NDArray[np.int64]]]:
    """Each image and its confusion matrix."""
    Read = tuple[Image, NDArray[np.uint8]]

    def read(image: Image) -> tuple[NDArray[np.uint8], Read]:
        truth = read_mask(image, classes)
        return read_image(image), (image, truth)

    def score(
        pixels: NDArray[np.uint8], given: Sequence[Read]
    ) -> Iterator[tuple[Image, NDArray[np.int64]]]:
        predictions = segment(network, pixels, postprocessing)
        for (image, truth), prediction in zip(given, predictions, strict=True):
            yield image, confusion_matrix(truth, prediction, 1 + len(classes))

    return stream.each(images, read, score, alone=postprocessing != "none")


def _iou_table(
    name: str, labels: list[str], confusion: NDArray[np.int64], n_images: int
) -> pd.DataFrame:
    values = [*iou_per_class(confusion), mean_iou(confusion)]
    return pd.DataFrame({"set": name, "images": n_images, "class": [*labels, MEAN], "iou": values})


def _confusion_table(name: str, labels: list[str], confusion: NDArray[np.int64]) -> pd.DataFrame:
    table = pd.DataFrame(confusion, columns=[f"predicted_{label}" for label in labels])
    table.insert(0, "set", name)
    table.insert(1, "true", labels)
    return table

"""Scores of label maps in files, whoever made them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mcnn.artefacts.label_maps import NAMES, read_labels, read_names
from mcnn.artefacts.scores import MEAN
from mcnn.errors import DataError
from mcnn.evaluation.iou import confusion_matrix, iou_per_class, mean_iou
from mcnn.files import LONGEST_NAME, is_file_name, read_bytes
from mcnn.label_space import BACKGROUND, IGNORE, VOC_CLASSES, index_of
from mcnn.progress import track

_VOC = dict(enumerate((BACKGROUND, *VOC_CLASSES)))
_UNKNOWN = 254
"""Stands for values without a name, in lookups."""


def score_label_files(
    predictions: Path,
    truths: Path,
    names: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
) -> pd.DataFrame:
    """IoU per class of label maps against ground truth, over one confusion matrix.

    Parameters
    ----------
    predictions, truths
        Folders of ``<name>.png``, grey or with a palette, as VOC's ``SegmentationClass``. Values
        are VOC's indices, or those that a table in the folder names (see
        `mcnn.artefacts.label_maps.read_names`); labels of the two are matched by name. 255 in the
        ground truth takes no part.
    names
        Images to score; None: all of `truths`.
    classes
        Object classes to score; None: those of `predictions`. All others are background, in
        predictions and ground truth.

    Returns
    -------
    A row per label, background first, and one of the mean: class, iou (NaN for a label that is
    absent from the ground truth), true and predicted (pixels).

    Raises
    ------
    DataError
        If a file is missing or broken, the sizes of the two differ, a value has no name, or a
        class is unknown to one of the folders.
    """
    for folder in (predictions, truths):
        if not folder.is_dir():
            raise DataError(folder, "there is no such folder", "correct the path")
    predicted_names = read_names(predictions) or _VOC
    true_names = read_names(truths) or _VOC
    known = [name for label, name in predicted_names.items() if label > 0]
    classes = known if classes is None else list(dict.fromkeys(classes))
    of_prediction = _lookup(predicted_names, classes, predictions)
    of_truth = _lookup(true_names, classes, truths)
    of_truth[IGNORE] = IGNORE
    images = _all_names(truths, predictions) if names is None else names
    labels = [BACKGROUND, *classes]
    confusion = np.zeros((len(labels), len(labels)), np.int64)
    for name in track(images, len(images), "scoring"):
        truth = _read(truths / f"{name}.png", of_truth)
        path = predictions / f"{name}.png"
        prediction = _read(path, of_prediction)
        if prediction.shape != truth.shape:
            sizes = [f"{width}x{height}" for height, width in (prediction.shape, truth.shape)]
            problem = f"the prediction is {sizes[0]}, the ground truth {sizes[1]}"
            raise DataError(path, problem, "predict labels in the size of the image")
        confusion += confusion_matrix(truth, prediction, len(labels))
    if not confusion.any():
        raise DataError(truths, "all its pixels are ignored", "give the ground truth of objects")
    return _table(labels, confusion)


def read_list(path: Path) -> list[str]:
    """Names of images: the first word of each line, as in VOC's ``ImageSets``.

    Raises
    ------
    DataError
        If the file is missing, names none, one twice, or one that is not below its folder.
    """
    lines = read_bytes(path).decode("utf-8", "replace").splitlines()
    names = [line.split()[0] for line in lines if line.strip()]
    if not names:
        raise DataError(path, "it lists no images", "write the name of an image in each line")
    for name in names:
        parts = Path(name).parts
        if name.startswith("/") or not all(part != ".." and is_file_name(part) for part in parts):
            problem = f"{name[:LONGEST_NAME]!r} is no name of an image"
            raise DataError(path, problem, "name images below the folders, without suffix")
    twice = [name for name, count in pd.Series(names).value_counts().items() if count > 1]
    if twice:
        raise DataError(path, f"it lists {twice[0]} twice", "list each image once")
    return names


def _all_names(truths: Path, predictions: Path) -> list[str]:
    """All images with ground truth, which must all be predicted: a part would not be noticed."""
    found = (path.relative_to(truths).with_suffix("") for path in truths.rglob("*.png"))
    names = sorted(str(path) for path in found)
    if not names:
        raise DataError(truths, "the folder holds no PNG", "give the folder of the ground truth")
    missing = [name for name in names if not (predictions / f"{name}.png").is_file()]
    if missing:
        problem = f"{len(missing)} of {len(names)} images with ground truth have no prediction"
        remedy = "predict them too, or give --list the names of those to score"
        raise DataError(predictions, f"{problem}, first {missing[0]}", remedy)
    return names


def _lookup(names: Mapping[int, str], classes: Sequence[str], folder: Path) -> NDArray[np.uint8]:
    """From the values in a folder to the labels that are scored."""
    value = {name: label for label, name in names.items() if label > 0}
    unknown = [name for name in classes if name not in value]
    if unknown:
        known = ", ".join(value)
        remedy = f"name the classes to score by --class, out of {known}"
        raise DataError(folder, f"no label of it is called {unknown[0]!r}", remedy)
    lookup = np.full(256, _UNKNOWN, np.uint8)
    lookup[list(names)] = 0
    for name, label in index_of(classes).items():
        lookup[value[name]] = label
    return lookup


def _read(path: Path, lookup: NDArray[np.uint8]) -> NDArray[np.uint8]:
    values = read_labels(path)
    labels = lookup[values]
    nameless = values[labels == _UNKNOWN]
    if nameless.size:
        remedy = f"name it in {NAMES} beside the labels, or correct them"
        raise DataError(path, f"it holds {nameless[0]}, a label without a name", remedy)
    return labels


def _table(labels: Sequence[str], confusion: NDArray[np.int64]) -> pd.DataFrame:
    columns = {
        "class": labels,
        "iou": iou_per_class(confusion),
        "true": confusion.sum(1),
        "predicted": confusion.sum(0),
    }
    used = int(confusion.sum())
    mean = {"class": MEAN, "iou": mean_iou(confusion), "true": used, "predicted": used}
    return pd.concat([pd.DataFrame(columns), pd.DataFrame([mean])], ignore_index=True)

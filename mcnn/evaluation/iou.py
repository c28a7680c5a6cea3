"""Intersection over union from one confusion matrix over a dataset (paper, section 4.1)."""

import numpy as np
from numpy.typing import NDArray

from mcnn.label_space import IGNORE


def confusion_matrix(
    truth: NDArray[np.uint8], prediction: NDArray[np.uint8], n_labels: int
) -> NDArray[np.int64]:
    """Pixels by true and predicted label.

    Parameters
    ----------
    truth
        Integers of any shape; 255 is left out.
    prediction
        Integers of the same shape, below `n_labels`.
    n_labels
        Number of labels, background included.

    Returns
    -------
    ``(n_labels, n_labels)`` int64, true labels in rows.

    Raises
    ------
    ValueError
        If a label is out of range or the shapes differ.
    """
    if truth.shape != prediction.shape:
        raise ValueError(f"truth has shape {truth.shape}, prediction {prediction.shape}")
    used = truth != IGNORE
    truth, prediction = truth[used].astype(np.int64), prediction[used].astype(np.int64)
    if truth.size and max(truth.max(), prediction.max()) >= n_labels:
        raise ValueError(f"labels must be below {n_labels}")
    counts = np.bincount(truth * n_labels + prediction, minlength=n_labels**2)
    return counts.reshape(n_labels, n_labels)


def iou_per_class(confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    """Intersection over union of each label; NaN for one that is absent from the ground truth.

    Examples
    --------
    >>> iou_per_class(np.array([[3, 1], [0, 4]])).tolist()
    [0.75, 0.8]
    """
    intersection = np.diag(confusion).astype(np.float64)
    union = confusion.sum(0) + confusion.sum(1) - intersection
    present = confusion.sum(1) > 0
    return np.divide(intersection, union, out=np.full(len(union), np.nan), where=present)


def mean_iou(confusion: NDArray[np.int64]) -> float:
    """Mean of `iou_per_class`, background included, over the labels that the ground truth has."""
    return float(np.nanmean(iou_per_class(confusion)))

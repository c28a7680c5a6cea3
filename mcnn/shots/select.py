"""Selection of the best shot of each video for fine-tuning (paper, section 3.4)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mcnn.artefacts.selected import KINDS


def mean_overlap(
    masks: NDArray[np.bool_], predictions: NDArray[np.uint8], tags: Sequence[int]
) -> float:
    """Intersection over union of motion mask and prediction, averaged over frames.

    Parameters
    ----------
    masks
        ``(T, H, W)`` bool, motion masks.
    predictions
        ``(T, H, W)`` uint8, predicted labels.
    tags
        Labels of the video's tags; pixels predicted as one of them are the prediction's
        foreground.

    Returns
    -------
    In [0, 1]. A frame with neither mask nor prediction counts as 0.
    """
    foreground = np.isin(predictions, tags)
    intersection = (masks & foreground).sum((1, 2))
    union = (masks | foreground).sum((1, 2))
    return float(np.mean(intersection / np.maximum(union, 1)))


def select_shots(overlaps: pd.DataFrame, min_iou: float) -> pd.DataFrame:
    """Mark the shot of highest overlap of each video, if it reaches `min_iou`.

    Parameters
    ----------
    overlaps
        A row per shot: video, shot, overlap.
    min_iou
        Least overlap, included.

    Returns
    -------
    The rows of `overlaps` with selected (bool) and, where not selected, the reason.
    """
    table = overlaps.copy()
    best = table.groupby("video")["overlap"].transform("idxmax")
    is_best = best == table.index
    enough = table["overlap"] >= min_iou
    table["selected"] = is_best & enough
    table["reason"] = np.select(
        [table["selected"], is_best], ["", f"overlap below {min_iou}"], "not the best of its video"
    )
    return table[list(KINDS)]

"""Masks of a video against ground truth, as the DAVIS-2016 benchmark scores them.

Source: Perazzi et al., A Benchmark Dataset and Evaluation Methodology for Video Object
Segmentation, CVPR 2016, section 5.
"""

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mcnn.imaging.masks import Mask

TOLERANCE = 0.008
"""Distance at which two points of contours match, as a share of the frame's diagonal."""
SUCCESS = 0.5
"""Above it a frame counts for the recall."""
QUARTERS = 4


class Statistics(NamedTuple):
    """Of a measure over the frames of a sequence; all in [0, 1], the decay in [-1, 1].

    Attributes
    ----------
    mean
        Over frames.
    recall
        Share of frames above `SUCCESS`.
    decay
        Mean of the first quarter of the frames less that of the last.
    """

    mean: float
    recall: float
    decay: float


def region_similarity(mask: Mask, truth: Mask) -> float:
    """Intersection over union (J); 1 of two empty masks.

    Examples
    --------
    >>> region_similarity(np.array([[True, True, False]]), np.array([[False, True, True]]))
    0.3333333333333333
    """
    union = np.count_nonzero(mask | truth)
    return float(np.count_nonzero(mask & truth) / union) if union else 1.0


def contour_accuracy(mask: Mask, truth: Mask) -> float:
    """F-measure (F) of the contours' points that match one of the other within `TOLERANCE`.

    Parameters
    ----------
    mask, truth
        ``(H, W)`` bool.

    Returns
    -------
    The harmonic mean of precision and recall; 1 if neither has a contour.
    """
    found, wanted = contour(mask), contour(truth)
    n_found, n_wanted = np.count_nonzero(found), np.count_nonzero(wanted)
    if n_found == 0 or n_wanted == 0:
        return float(n_found == n_wanted)
    radius = math.ceil(TOLERANCE * math.hypot(*mask.shape))
    precision = np.count_nonzero(found & _dilated(wanted, radius)) / n_found
    recall = np.count_nonzero(wanted & _dilated(found, radius)) / n_wanted
    total = precision + recall
    return 2 * precision * recall / total if total else 0.0


def contour(mask: Mask) -> Mask:
    """Pixels that differ from the one to the right, below, or right below.

    Examples
    --------
    >>> contour(np.array([[False, True, True]])).astype(int).tolist()
    [[1, 0, 0]]
    """
    padded = np.pad(mask, ((0, 1), (0, 1)), mode="edge")
    here = padded[:-1, :-1]
    return (here != padded[:-1, 1:]) | (here != padded[1:, :-1]) | (here != padded[1:, 1:])


def statistics(scores: NDArray[np.float64]) -> Statistics:
    """Mean, recall and decay of the scores ``(T,)`` of a sequence's frames, in their order.

    Examples
    --------
    >>> statistics(np.array([1.0, 0.75, 0.5, 0.25]))
    Statistics(mean=0.625, recall=0.5, decay=0.5)
    """
    # Neighbouring quarters share the frame between them, as in the benchmark's code.
    edges = np.round(np.linspace(1, len(scores), QUARTERS + 1) + 1e-10).astype(int) - 1
    first, last = scores[edges[0] : edges[1] + 1], scores[edges[-2] : edges[-1] + 1]
    return Statistics(
        float(scores.mean()), float((scores > SUCCESS).mean()), float(first.mean() - last.mean())
    )


def _dilated(points: Mask, radius: int) -> Mask:
    """Pixels within a distance of a point."""
    away = cv2.distanceTransform((~points).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return away <= radius

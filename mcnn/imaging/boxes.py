"""Boxes around masks."""

from typing import NamedTuple

import cv2
import numpy as np

from mcnn.imaging.masks import Mask


class Box(NamedTuple):
    """Edges in pixels; see `mcnn.artefacts.annotations.AnnotatedBox`."""

    x0: float
    y0: float
    x1: float
    y1: float


def box_of(mask: Mask) -> Box | None:
    """Box that encloses a mask ``(H, W)`` bool; None if it is empty.

    Examples
    --------
    >>> box_of(np.array([[False, True, True], [False, False, True]]))
    Box(x0=1.0, y0=0.0, x1=3.0, y1=2.0)
    """
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return None
    return Box(float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))


def largest_component(mask: Mask) -> Mask:
    """The largest 8-connected component of a mask ``(H, W)`` bool; of equal ones, the first."""
    count, labels, statistics, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count < 2:
        return np.zeros_like(mask)
    return np.asarray(labels == 1 + statistics[1:, cv2.CC_STAT_AREA].argmax())


def scale_box(box: Box, of: tuple[int, int], to: tuple[int, int]) -> Box:
    """A box in a frame of height and width `of`, in the same frame at the size `to`."""
    y, x = to[0] / of[0], to[1] / of[1]
    return Box(box.x0 * x, box.y0 * y, box.x1 * x, box.y1 * y)

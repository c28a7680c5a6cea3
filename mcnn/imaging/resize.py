"""Reducing frames that are larger than needed."""

import cv2
import numpy as np
from numpy.typing import NDArray


def reduce_frame(frame: NDArray[np.uint8], longer_side: float) -> NDArray[np.uint8]:
    """Reduce ``(H, W, 3)`` uint8 to at most `longer_side` pixels; smaller frames stay."""
    height, width = frame.shape[:2]
    if max(height, width) <= longer_side:
        return frame
    size = reduced_size(height, width, longer_side)
    return np.asarray(cv2.resize(frame, size[::-1], interpolation=cv2.INTER_AREA), np.uint8)


def reduced_size(height: int, width: int, longer_side: float) -> tuple[int, int]:
    """Height and width of a frame that is reduced to at most `longer_side` pixels.

    Examples
    --------
    >>> reduced_size(720, 1280, 500)
    (281, 500)
    """
    scale = min(1.0, longer_side / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))

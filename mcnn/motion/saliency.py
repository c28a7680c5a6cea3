"""Saliency without learned parts: what the border of the frame is not connected to.

Source: Zhang et al., Minimum Barrier Salient Object Detection at 80 FPS, ICCV 2015 (FastMBD), of
colours as there, and of the motion that the camera does not explain.
"""

from typing import Any

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

PASSES = 4
"""Raster scans, forwards and backwards in turn."""
LEAST_MOTION = 0.5
"""Pixels per frame from which a motion can be wholly salient."""
LEAST_CONTRAST = 10.0
"""Sum of the barriers of L, a and b from which a colour can be."""
RIM, MIN_RIM = 0.02, 8
"""Margin in which the flow looks for what has left the frame: share of the longer side; pixels."""
_SURE = 98
_SMOOTHING = 5


def barrier_distance(channels: Floats) -> Floats:
    """Minimum barrier distance of each pixel to the frame's border, summed over the channels.

    The barrier of a path is the difference between its largest and its least value; the distance
    is that of the best path.

    Parameters
    ----------
    channels
        ``(H, W, C)`` float32.

    Returns
    -------
    ndarray, float32, shape (H, W)
        Not negative, 0 on the border. An upper bound of the exact distance, by `PASSES` scans.

    Examples
    --------
    >>> frame = np.zeros((5, 5, 1), np.float32)
    >>> frame[1:4, 1:4] = 3
    >>> barrier_distance(frame)[2].tolist()
    [0.0, 3.0, 3.0, 3.0, 0.0]
    """
    total = np.zeros(channels.shape[:2], np.float32)
    for c in range(channels.shape[2]):
        values = np.ascontiguousarray(channels[..., c], np.float32)
        distance = np.zeros_like(values)
        distance[1:-1, 1:-1] = np.inf
        _scan(values, distance, values.copy(), values.copy())
        total += distance
    return total


def motion_saliency(motion: Floats) -> Floats:
    """How far a pixel's own motion stands out, from 0 to 1.

    Parameters
    ----------
    motion
        ``(H, W, 2)`` float32, flow without the camera's part, in pixels per frame.

    Returns
    -------
    ndarray, float32, shape (H, W)
        The mean of the motion's barrier distance and of its length, each up to its 98th
        percentile, which is at least `LEAST_MOTION`.
    """
    half = _halve(cv2.GaussianBlur(motion, (_SMOOTHING, _SMOOTHING), 0))
    length = np.sqrt((half**2).sum(2))
    salient = (
        _saturate(barrier_distance(half), LEAST_MOTION) + _saturate(length, LEAST_MOTION)
    ) / 2
    rim = max(MIN_RIM, round(RIM * max(motion.shape))) // 2
    inner = np.zeros_like(salient)
    inner[rim:-rim, rim:-rim] = salient[rim:-rim, rim:-rim]
    return _enlarge(inner, motion)


def colour_saliency(image: NDArray[np.uint8]) -> Floats:
    """How far a pixel's colour stands out, from 0 to 1.

    Parameters
    ----------
    image
        ``(H, W, 3)`` uint8, RGB.

    Returns
    -------
    ndarray, float32, shape (H, W)
        The barrier distance of CIELAB (8 bit) up to its 98th percentile, which is at least
        `LEAST_CONTRAST`.
    """
    lab = _halve(cv2.cvtColor(image, cv2.COLOR_RGB2LAB))
    return _enlarge(_saturate(barrier_distance(lab), LEAST_CONTRAST), image)


def _halve(image: Any) -> Floats:
    height, width = image.shape[:2]
    size = -(-width // 2), -(-height // 2)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.float32)


def _enlarge(salient: Any, like: NDArray[np.generic]) -> Floats:
    size = like.shape[1], like.shape[0]
    return np.asarray(cv2.resize(salient, size, interpolation=cv2.INTER_LINEAR), np.float32)


def _saturate(values: Floats, least: float) -> Floats:
    sure = max(float(np.percentile(values, _SURE)), least)
    return np.asarray(np.minimum(values / sure, 1), np.float32)


@numba.njit(cache=True, nogil=True)
def _scan(values, distance, highest, lowest):  # type: ignore[no-untyped-def]
    """Forward scans look up and left, backward ones down and right."""
    height, width = values.shape
    for k in range(PASSES):
        step = 1 if k % 2 == 0 else -1
        top, left = (0, 0) if step > 0 else (height - 1, width - 1)
        for i in range(height):
            y = top + step * i
            for j in range(width):
                x = left + step * j
                for above in range(2):
                    ny = y - step if above == 0 else y
                    nx = x if above == 0 else x - step
                    if ny < 0 or ny >= height or nx < 0 or nx >= width:
                        continue
                    high = max(highest[ny, nx], values[y, x])
                    low = min(lowest[ny, nx], values[y, x])
                    if high - low < distance[y, x]:
                        distance[y, x] = high - low
                        highest[y, x] = high
                        lowest[y, x] = low

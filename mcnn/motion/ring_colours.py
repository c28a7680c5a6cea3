"""Colours inside motion masks and in a ring around them, as histograms."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

Frame = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Floats = NDArray[np.float32]
Codes = NDArray[np.int32]

RING = 40.0
"""Width of the ring, in pixels."""
MARGIN = 2.0
"""Pixels so near to the boundary say nothing about colours."""
LESS = 1.4
"""A colour is the surroundings' if it is less than so many times as frequent inside."""
RARE = 1e-5
"""Added to densities; a colour of about this density or less is hardly seen."""
_BINS = 32
_SMOOTHING = 1.0


def bins(image: Frame) -> Codes:
    """Bin of every pixel ``(H, W)`` int32 among 32 x 32 x 32."""
    red, green, blue = np.moveaxis((image // (256 // _BINS)).astype(np.int32), 2, 0)
    return np.asarray((red * _BINS + green) * _BINS + blue, np.int32)


def signed_distance(mask: Mask) -> Floats | None:
    """Pixels to the boundary ``(H, W)`` float32, negative outside; None without one."""
    if not mask.any() or mask.all():
        return None
    side = mask.astype(np.uint8)
    inner, outer = (cv2.distanceTransform(s, cv2.DIST_L2, 3) for s in (side, 1 - side))
    return np.asarray(inner - outer, np.float32)


def histograms(codes: Codes, distance: Floats | None) -> Floats:
    """Pixels by bin, inside a mask and in the ring around it, ``(2, 32768)`` float32."""
    if distance is None:
        return np.zeros((2, _BINS**3), np.float32)
    sides = distance > MARGIN, (distance < -MARGIN) & (distance > -RING)
    counted = [np.bincount(codes[pixels], minlength=_BINS**3) for pixels in sides]
    return np.stack(counted).astype(np.float32)


def density(histogram: Floats) -> Floats:
    """Smoothed histogram ``(32768,)`` float32 whose sum is 1."""
    cube = histogram.reshape(_BINS, _BINS, _BINS)
    smooth = gaussian_filter(cube, _SMOOTHING, mode="nearest", truncate=2).ravel()
    return np.asarray(smooth / max(float(smooth.sum()), 1e-9), np.float32)


def of_the_ring(every: Sequence[Floats]) -> NDArray[np.bool_]:
    """Which colours are the surroundings' rather than the object's, ``(32768,)``.

    Parameters
    ----------
    every
        `histograms` of the frames.
    """
    inside, around = (density(side) for side in np.sum(every, axis=0))
    return (around > 2 * RARE) & (inside < LESS * around)

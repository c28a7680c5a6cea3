"""Parts of motion masks that belong to the surroundings, by their colours."""

import cv2
import numpy as np

from mcnn.motion.ring_colours import Codes, Frame, Mask

LEAST_AREA = 0.05
"""Of a part, as a share of the mask."""
CONTRAST = 120.0
"""Least difference between the colours of a part and of the mask beside it, RGB in [0, 255]."""
_SQUARE = np.ones((3, 3), np.uint8)
_GAP, _WIDTH = 1, 2
"""Pixels between a part and the strip of the mask that it is compared with; width of the strip."""


def carve(image: Frame, mask: Mask, codes: Codes, foreign: Mask) -> Mask:
    """A mask without the parts that have the colours around it and none of those beside them.

    What lies between the legs of an animal or inside a bicycle's frame cannot be reached by the
    motion of the surroundings, but has their colours.

    Parameters
    ----------
    image
        ``(H, W, 3)`` uint8 RGB.
    mask
        ``(H, W)`` bool.
    codes
        ``(H, W)`` int32, bins of the pixels' colours.
    foreign
        ``(n_bins,)`` bool, colours of the surroundings; see `mcnn.motion.ring_colours`.

    Returns
    -------
    ndarray, bool, shape (H, W)
        The same array, if nothing is taken out.
    """
    candidates = (foreign[codes] & mask).astype(np.uint8)
    opened = cv2.morphologyEx(candidates, cv2.MORPH_OPEN, _SQUARE)
    count, labels, statistics, _ = cv2.connectedComponentsWithStats(opened, connectivity=4)
    large = statistics[:, cv2.CC_STAT_AREA] >= LEAST_AREA * np.count_nonzero(mask)
    carved = mask
    for part in range(1, count):
        if not large[part]:
            continue
        x, y, width, height = statistics[part, :4]
        reach = _GAP + _WIDTH + 1
        box = (
            slice(max(0, y - reach), y + height + reach),
            slice(max(0, x - reach), x + width + reach),
        )
        pixels = labels[box] == part
        if _contrast(image[box], mask[box], pixels) > CONTRAST:
            carved = carved.copy() if carved is mask else carved
            carved[box][pixels] = False
    return carved


def _contrast(image: Frame, mask: Mask, part: Mask) -> float:
    """Distance of the mean colours of a part, without its rim, and of the mask beside it."""
    side = part.astype(np.uint8)
    core = cv2.erode(side, _SQUARE, iterations=_WIDTH)
    near, far = (cv2.dilate(side, _SQUARE, iterations=n) for n in (_GAP, _GAP + _WIDTH))
    strip = (far > near) & mask
    if not strip.any():
        return 0.0
    inner = core.astype(bool) if core.any() else part
    return float(np.linalg.norm(image[strip].mean(axis=0) - image[inner].mean(axis=0)))

"""Pictures of what was localized, as in figure 5 of the paper: frame, motion mask, ours."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mcnn.imaging.boxes import Box
from mcnn.imaging.drawing import COLOUR, Frame, contact_sheet, tint
from mcnn.imaging.masks import Mask

TRUTH_COLOUR = (64, 224, 96)
"""RGB of the boxes of the ground truth."""


class Row(NamedTuple):
    """A frame of a sheet.

    Attributes
    ----------
    caption
        Its title.
    image
        ``(H, W, 3)`` uint8 RGB.
    mask, box
        ``(h, w)`` bool, the segmentation, and the box in pixels of the frame, or None.
    motion, motion_box
        The same of the motion mask; no mask, where there is none.
    truth
        ``(K, 4)`` boxes of the ground truth.
    """

    caption: str
    image: Frame
    mask: Mask | None
    box: Sequence[float] | None
    motion: Mask | None = None
    motion_box: Sequence[float] | None = None
    truth: NDArray[np.float64] = np.empty((0, 4))


def draw_localized(
    image: Frame, mask: Mask | None, box: Sequence[float] | None, truth: Sequence[Box] = ()
) -> Frame:
    """Draw a segmentation of any size over a frame, and its box."""
    height, width = image.shape[:2]
    picture = image.copy()
    if mask is not None:
        size = (width, height)
        full = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST_EXACT)
        picture = tint(image, full > 0)
    for one in truth:
        _rectangle(picture, one, TRUTH_COLOUR)
    if box is not None:
        _rectangle(picture, box, COLOUR)
    return picture


def sheet(rows: Sequence[Row], what: str) -> Frame:
    """Lay out a row per frame: the frame with the ground truth, the motion mask, ours.

    Parameters
    ----------
    rows
        All with a motion mask, or none; at least one.
    what
        The class.
    """
    tiles: list[Frame] = []
    titles: list[str] = []
    for row in rows:
        truth = [Box(*box) for box in row.truth.tolist()]
        tiles.append(draw_localized(row.image, None, None, truth))
        titles.append(row.caption)
        if any(other.motion is not None for other in rows):
            tiles.append(draw_localized(row.image, row.motion, row.motion_box))
            titles.append("motion mask" if row.motion is not None else "no motion mask")
        tiles.append(draw_localized(row.image, row.mask, row.box))
        titles.append(what if row.box is not None else f"no {what} found")
    return contact_sheet(tiles, titles, columns=len(tiles) // len(rows))


def _rectangle(picture: Frame, box: Sequence[float], colour: tuple[int, int, int]) -> None:
    x0, y0, x1, y1 = (round(value) for value in box)
    thickness = max(1, round(max(picture.shape) / 250))
    cv2.rectangle(picture, (x0, y0), (x1 - 1, y1 - 1), colour, thickness)

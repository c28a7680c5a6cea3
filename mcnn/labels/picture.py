"""A picture of what was inferred: frame, motion mask, foreground probability, labels."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mcnn.imaging.drawing import Frame, colours, contact_sheet, legend, tint
from mcnn.imaging.masks import Mask


class Row(NamedTuple):
    """A frame of the picture.

    Attributes
    ----------
    caption
        Its title.
    image, mask, labels
        ``(H, W, 3)`` uint8 RGB, ``(H, W)`` bool, ``(H, W)`` uint8.
    foreground
        ``(h, w)``, the probability of the tags, of the frame's aspect ratio; None without network.
    """

    caption: str
    image: Frame
    mask: Mask
    foreground: NDArray[np.float32] | None
    labels: NDArray[np.uint8]


def draw_picture(rows: Sequence[Row], tags: Mapping[str, int]) -> Frame:
    """Draw a row per frame and, for several tags, the names of the colours below.

    Parameters
    ----------
    rows
        All with a probability, or none.
    tags
        Labels by name.
    """
    tiles: list[Frame] = []
    titles: list[str] = []
    what = next(iter(tags)) if len(tags) == 1 else "tags"
    for row in rows:
        tiles += [row.image, tint(row.image, row.mask)]
        titles += [row.caption, f"motion mask, {row.mask.mean():.1%}"]
        if row.foreground is not None:
            tiles.append(_heat(row.foreground, row.mask.shape))
            titles.append(f"probability of {what}")
        labelled = row.image
        for colour, label in zip(colours(len(tags)), tags.values(), strict=True):
            labelled = tint(labelled, row.labels == label, colour)
        tiles.append(labelled)
        titles.append(f"inferred labels, {(row.labels > 0).mean():.1%}")
    sheet = contact_sheet(tiles, titles, columns=len(tiles) // len(rows))
    return sheet if len(tags) == 1 else np.vstack([sheet, legend([*tags], sheet.shape[1])])


def _heat(probability: NDArray[np.float32], size: tuple[int, ...]) -> Frame:
    levels = np.round(255 * probability.clip(0, 1)).astype(np.uint8)
    enlarged = cv2.resize(levels, (size[1], size[0]), interpolation=cv2.INTER_LINEAR)
    heat = cv2.applyColorMap(enlarged, cv2.COLORMAP_INFERNO)
    return np.asarray(heat[..., ::-1], np.uint8)

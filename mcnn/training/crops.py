"""Random crops of frames, and where in which frame they lie."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

Map = TypeVar("Map", np.bool_, np.uint8)


@dataclass(frozen=True)
class Frame:
    """A whole frame, and where in it a crop lies.

    Attributes
    ----------
    key
        Equal for the same frame, mirrored alike.
    image
        ``(H, W, 3)`` uint8, RGB, mirrored if the crop is.
    top, left
        First row and column of the crop; it may end outside.
    """

    key: Hashable
    image: NDArray[np.uint8]
    top: int
    left: int


class Crop(NamedTuple, Generic[Map]):
    """A crop of an image.

    Attributes
    ----------
    image, map_, valid
        ``(size, size, 3)`` uint8, and twice ``(size, size)``: the map, and bool, False in padding.
    frame
        The whole image.
    """

    image: NDArray[np.uint8]
    map_: NDArray[Map]
    valid: NDArray[np.bool_]
    frame: Frame


def random_crop(
    image: NDArray[np.uint8],
    map_: NDArray[Map],
    size: int,
    fill: NDArray[np.uint8],
    rng: np.random.Generator,
    mirror: bool,
    step: int = 1,
    key: Hashable = None,
) -> Crop[Map]:
    """Crop a square at a random place, the image mirrored with probability one half.

    Parameters
    ----------
    image, map_
        ``(H, W, 3)`` uint8, and ``(H, W)`` a mask or labels. Where they are smaller than `size`
        they are padded below and to the right, the map with 0.
    size
        Side of the crop, in pixels.
    fill
        Colour of the padding.
    rng
        Source of the place and of the coin.
    mirror
        Whether to mirror at all.
    step
        First row and column are multiples of it.
    key
        Of the image.
    """
    height, width = map_.shape
    top = int(rng.integers(max(height - size, 0) + 1))
    left = int(rng.integers(max(width - size, 0) + 1))
    mirrored = mirror and bool(rng.random() < 0.5)
    if mirrored:
        image, map_ = image[:, ::-1], map_[:, ::-1]
        left = max(width - size, 0) - left
    frame = Frame((key, mirrored), image, top - top % step, left - left % step)
    window = np.s_[frame.top : frame.top + size, frame.left : frame.left + size]
    map_, pixels = map_[window], image[window]
    # numpy takes thirty times as long to copy mirrored pixels.
    pixels = np.asarray(cv2.flip(pixels[:, ::-1], 1), np.uint8) if mirrored else pixels.copy()
    height, width = map_.shape
    if (height, width) == (size, size):
        return Crop(pixels, map_.copy(), np.ones((size, size), bool), frame)
    padded = np.empty((size, size, 3), np.uint8)
    cropped = np.zeros((size, size), map_.dtype)
    valid = np.zeros((size, size), bool)
    padded[:] = fill
    padded[:height, :width] = pixels
    cropped[:height, :width] = map_
    valid[:height, :width] = True
    return Crop(padded, cropped, valid, frame)

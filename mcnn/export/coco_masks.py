"""Masks of COCO's annotations, with every number checked before pycocotools sees it."""

import math
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcnn.imaging.decode import MOST_PIXELS

Size = tuple[int, int]

_ZERO, _BITS = ord("0"), 5
"""Of the code of lengths: a character from ``0`` on has five bits, and one says whether more come
(https://github.com/cocodataset/cocoapi, maskApi.c)."""


def size_of(image: dict[str, Any]) -> Size:
    """Height and width of an image.

    Raises
    ------
    ValueError
        If they are no such, or too large.
    """
    size = image["height"], image["width"]
    if not all(type(side) is int and side > 0 for side in size) or math.prod(size) > MOST_PIXELS:
        raise ValueError(f"an image of {size[1]!r}x{size[0]!r}")
    return size


def decode_segmentation(coder: Any, segmentation: Any, size: Size) -> NDArray[np.bool_]:
    """Mask ``(H, W)`` of polygons, or of run lengths as numbers or as text.

    Parameters
    ----------
    coder
        pycocotools.mask, which crashes of what it does not expect.
    segmentation
        As in a file of COCO's instances.
    size
        Height and width of the image.

    Raises
    ------
    ValueError
        If it is none, or leaves the image by more than its own size.
    """
    if isinstance(segmentation, list):
        for polygon in segmentation:
            _check_polygon(polygon, size)
        return np.asarray(coder.decode(coder.merge(coder.frPyObjects(segmentation, *size))), bool)
    if list(segmentation["size"]) != list(size):
        raise ValueError(f"a mask of size {segmentation['size']} in an image of size {list(size)}")
    counts = segmentation["counts"]
    lengths = _lengths(counts) if isinstance(counts, str) else counts
    if not all(type(length) is int and length >= 0 for length in lengths):
        raise ValueError("run lengths that are none")
    if sum(lengths) != math.prod(size):
        raise ValueError(f"run lengths of {sum(lengths)} pixels in an image of {math.prod(size)}")
    # Runs of background and object in turn, down the columns.
    mask = np.repeat(np.arange(len(lengths)) % 2 == 1, lengths)
    return mask.reshape(size, order="F")


def _check_polygon(polygon: Any, size: Size) -> None:
    if not isinstance(polygon, list) or len(polygon) < 6 or len(polygon) % 2:
        raise ValueError("a polygon of less than three points")
    for side, places in ((size[1], polygon[::2]), (size[0], polygon[1::2])):
        if not all(type(x) in (int, float) and -side <= x <= 2 * side for x in places):
            raise ValueError("a polygon that leaves its image")


def _lengths(code: str) -> Sequence[int]:
    """The run lengths of a text; from the third on, it has differences to the last but one."""
    found: list[int] = []
    value = shift = 0
    for character in code:
        bits = ord(character) - _ZERO
        if not 0 <= bits < 64 or shift > 60:
            raise ValueError("a text that is no code of run lengths")
        value |= (bits & 0x1F) << shift
        shift += _BITS
        if not bits & 0x20:
            value -= (bits & 0x10) << shift - _BITS + 1
            found.append(value)
            value = shift = 0
    if shift:
        raise ValueError("a code of run lengths that ends too early")
    odd, even = found[1::2], list(accumulate(found[2::2]))
    lengths = [0] * len(found)
    lengths[:1], lengths[1::2], lengths[2::2] = found[:1], list(accumulate(odd)), even
    return lengths

"""From label maps to objects, and from these to polygons."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mcnn.imaging.masks import Mask

Polygon = NDArray[np.float64]
"""``(K, 2)`` corners x, y in pixels; the image's upper left corner is 0, 0."""

_FINER = 3


class Object(NamedTuple):
    """A connected region of one label.

    Attributes
    ----------
    label
        Its label.
    x, y
        Upper left corner of `mask` in the image.
    mask
        ``(h, w)`` bool, as large as the region.
    """

    label: int
    x: int
    y: int
    mask: Mask

    def in_image(self, size: tuple[int, int]) -> Mask:
        """The mask at its place in an image of a height and width."""
        image = np.zeros(size, bool)
        height, width = self.mask.shape
        image[self.y : self.y + height, self.x : self.x + width] = self.mask
        return image


def find_objects(labels: NDArray[np.uint8], min_pixels: int = 1) -> Iterator[Object]:
    """The regions of a label map that hang together, corners included, label by label.

    Parameters
    ----------
    labels
        ``(H, W)`` uint8; 0 is the background.
    min_pixels
        Smaller regions are left out.
    """
    for label in np.unique(labels[labels > 0]).tolist():
        count, regions, stats, _ = cv2.connectedComponentsWithStats(
            (labels == label).astype(np.uint8), connectivity=8
        )
        for k in range(1, count):
            x, y, width, height, pixels = stats[k].tolist()
            if pixels >= min_pixels:
                yield Object(label, x, y, regions[y : y + height, x : x + width] == k)


def outline(found: Object, tolerance: float = 1.0) -> Polygon:
    """A polygon around an object, which runs about its holes through slits of no width.

    Parameters
    ----------
    found
        The object.
    tolerance
        Most that the polygon may stray from the outline, in pixels. With 0 it encloses the centres
        of the object's pixels and of no others.
    """
    height, width = found.mask.shape
    # On a finer grid the outline keeps clear of the centres of pixels.
    finer = cv2.resize(
        found.mask.astype(np.uint8),
        (_FINER * width, _FINER * height),
        interpolation=cv2.INTER_NEAREST_EXACT,
    )
    contours, _ = cv2.findContours(finer, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    outer, *holes = sorted(
        (_simpler(np.asarray(c), tolerance) for c in contours), key=_extent, reverse=True
    )
    polygon = outer
    for hole in holes:
        polygon = _joined(polygon, hole)
    return (polygon + 0.5) / _FINER + (found.x, found.y)


def _simpler(contour: NDArray[Any], tolerance: float) -> Polygon:
    simple = cv2.approxPolyDP(contour, tolerance * _FINER, closed=True)
    return np.asarray(simple if len(simple) > 2 else contour, np.float64)[:, 0]


def _extent(contour: Polygon) -> float:
    """Area of the box around it: a hole's is smaller than that of what is around it."""
    return float(np.prod(np.ptp(contour, axis=0) + 1))


def _joined(outer: Polygon, hole: Polygon) -> Polygon:
    distances = ((outer[:, None] - hole) ** 2).sum(2)
    i, j = np.unravel_index(distances.argmin(), distances.shape)
    return np.concatenate([outer[: i + 1], hole[j:], hole[: j + 1], outer[i:]])

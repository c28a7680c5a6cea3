"""Boxes of annotated frames as datasets give them: one convention, and repairs."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mcnn.artefacts.annotations import EMPTY, REPAIRED, AnnotatedBox
from mcnn.artefacts.shots import Shot


def edges_of_pixels(
    boxes: ArrayLike, origin: int, size: tuple[int, int] | None = None
) -> tuple[NDArray[np.float64], list[str]]:
    """Edges of boxes that were given by their first and last pixels, repaired.

    Corners that are swapped are put in order; what lies outside the frame is cut off.

    Parameters
    ----------
    boxes
        ``(K, 4)`` first column, first row, last column, last row, inclusive.
    origin
        Number of the first column and row: 1 in MATLAB and VOC, 0 in ImageNet-VID.
    size
        Height and width of the frame where they are known; else only the upper and the left side
        are cut.

    Returns
    -------
    edges
        ``(K, 4)`` x0, y0, x1, y1, see `AnnotatedBox`; NaN where nothing is left.
    flaws
        ``repaired``, ``empty`` or nothing for each.

    Examples
    --------
    >>> edges_of_pixels([[3, 1, 1, 1], [-4, 1, 2, 2]], origin=1)[0].tolist()
    [[0.0, 0.0, 3.0, 1.0], [0.0, 0.0, 2.0, 2.0]]
    """
    pixels = np.asarray(boxes, np.float64).reshape(-1, 4) - origin
    expected = pixels + np.array([0, 0, 1, 1])
    low, high = np.minimum(pixels[:, :2], pixels[:, 2:]), np.maximum(pixels[:, :2], pixels[:, 2:])
    limit = np.array([np.inf, np.inf]) if size is None else np.array(size[::-1], np.float64)
    edges = np.hstack([np.clip(low, 0, limit), np.clip(high + 1, 0, limit)])
    # A comparison with NaN is false: what is no number is empty.
    empty = ~(edges[:, :2] < edges[:, 2:]).all(1)
    changed = (edges != expected).any(1)
    edges[empty] = np.nan
    flaws = np.where(empty, EMPTY, np.where(changed, REPAIRED, ""))
    return edges, flaws.tolist()


def annotate(
    shot: Shot, frame: int, tag: str, edges: NDArray[np.float64], flaws: Sequence[str]
) -> list[AnnotatedBox]:
    """Boxes ``(K, 4)`` of a frame with the names of the manifest."""
    return [
        AnnotatedBox(shot.video, shot.shot, frame, tag, x0, y0, x1, y1, flaw)
        for (x0, y0, x1, y1), flaw in zip(edges.tolist(), flaws, strict=True)
    ]

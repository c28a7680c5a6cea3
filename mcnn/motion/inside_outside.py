"""Inside-outside maps: which pixels motion boundaries surround (Papazoglou & Ferrari, 2.2)."""

import numba
import numpy as np
from numpy.typing import NDArray

_RAYS = ((0, 1), (1, 0), (1, 1), (1, -1))


def inside_votes(boundary: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Count for each pixel the rays that leave it through an odd number of boundaries.

    A ray goes to the edge of the frame in each of the eight directions of the pixel grid. It
    crosses a boundary at each run of boundary pixels on it, and, on a diagonal, where it passes
    between two boundary pixels that touch at a corner.

    Parameters
    ----------
    boundary
        ``(H, W)`` bool.

    Returns
    -------
    ndarray, uint8, shape (H, W)
        0 to 8; 0 on boundary pixels.

    Notes
    -----
    The crossings up to a pixel are counted along each row, column and diagonal once (the integral
    intersections of the paper), so the time is linear in the number of pixels.

    Examples
    --------
    >>> frame = np.zeros((5, 5), bool)
    >>> frame[1, 1:4] = frame[3, 1:4] = frame[2, 1] = frame[2, 3] = True
    >>> int(inside_votes(frame)[2, 2]), int(inside_votes(frame).sum())
    (8, 8)
    """
    votes = np.zeros(boundary.shape, np.uint8)
    for dy, dx in _RAYS:
        _vote(boundary, dy, dx, votes)
    return votes


def frame_quality(inside: NDArray[np.bool_]) -> float:
    """Compactness of the inside region: its area over the sum of its squared variances.

    Parameters
    ----------
    inside
        ``(H, W)`` bool.

    Returns
    -------
    float
        In pixels to the power -2; 0 where nothing is inside. The FOS release searches for another
        boundary scale below 0.2.
    """
    y, x = np.nonzero(inside)
    if len(x) < 2:
        return 0.0
    spread = float(np.var(x)) ** 2 + float(np.var(y)) ** 2
    return len(x) / spread if spread > 0 else 0.0


@numba.njit(cache=True, nogil=True)
def _vote(boundary, dy, dx, votes):  # type: ignore[no-untyped-def]
    """Add the votes of the two rays along (dy, dx) and against it."""
    height, width = boundary.shape
    for start in range(height + width):
        # Lines start on the top row, or on the side that the direction points away from.
        if start < width:
            y0, x0 = 0, start
            if dy == 0:
                continue
        else:
            y0, x0 = start - width, 0 if dx >= 0 else width - 1
            if dx == 0 or (dy != 0 and y0 == 0):
                continue
        for against in range(2):
            crossings = 0
            previous = False
            steps = _steps(y0, x0, dy, dx, height, width)
            for k in range(steps):
                step = steps - 1 - k if against else k
                y, x = y0 + step * dy, x0 + step * dx
                here = boundary[y, x]
                if here:
                    if not previous:
                        crossings += 1
                else:
                    if k > 0 and dx != 0 and dy != 0 and not previous:
                        sign = -1 if against else 1
                        if boundary[y - sign * dy, x] and boundary[y, x - sign * dx]:
                            crossings += 1
                    votes[y, x] += crossings & 1
                previous = here


@numba.njit(cache=True, nogil=True)
def _steps(y, x, dy, dx, height, width):  # type: ignore[no-untyped-def]
    """Pixels from (y, x) to the edge of the frame."""
    steps = height + width
    if dy > 0:
        steps = min(steps, height - y)
    if dx > 0:
        steps = min(steps, width - x)
    elif dx < 0:
        steps = min(steps, x + 1)
    return steps

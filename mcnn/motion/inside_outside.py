"""Inside-outside maps: which pixels motion boundaries surround (Papazoglou & Ferrari, 2.2)."""

import numba
import numpy as np
from numpy.typing import NDArray


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
    The crossings up to a pixel follow from those up to the pixel before it on the ray (the
    integral intersections of the paper), so the time is linear in the number of pixels.

    Examples
    --------
    >>> frame = np.zeros((5, 5), bool)
    >>> frame[1, 1:4] = frame[3, 1:4] = frame[2, 1] = frame[2, 3] = True
    >>> np.argwhere(inside_votes(frame) > 4).tolist()
    [[2, 2]]
    """
    padded = np.pad(boundary.view(np.uint8), 1)
    votes = np.zeros(boundary.shape, np.uint8)
    _vote(padded, votes)
    # The other four rays are those of the frame turned by 180 degrees.
    _vote(padded[::-1, ::-1].copy(), votes[::-1, ::-1])
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
def _vote(padded, votes):  # type: ignore[no-untyped-def]
    """Add the votes of the rays to the left, up, and up both diagonals.

    `padded` is the boundary with a frame of zeros. Parities of crossings are kept per column, so
    that the inner loops have no dependence along x but for the one of the row.
    """
    height, width = votes.shape
    one = np.uint8(1)
    column = np.zeros(width, np.uint8)
    falling = np.zeros(width + 2, np.uint8)
    rising = np.zeros(width + 2, np.uint8)
    next_falling = np.zeros(width + 2, np.uint8)
    next_rising = np.zeros(width + 2, np.uint8)
    for y in range(height):
        above, here = padded[y], padded[y + 1]
        for x in range(width):
            b, u = here[x + 1], above[x + 1]
            before, corner = above[x], here[x]
            entered = b & (one - before)
            passed = (one - b) & (one - before) & u & corner
            next_falling[x + 1] = falling[x] ^ entered ^ passed
            before, corner = above[x + 2], here[x + 2]
            entered = b & (one - before)
            passed = (one - b) & (one - before) & u & corner
            next_rising[x + 1] = rising[x + 2] ^ entered ^ passed
            column[x] ^= b & (one - u)
        row = np.uint8(0)
        for x in range(width):
            b = here[x + 1]
            row ^= b & (one - here[x])
            crossed = row + column[x] + next_falling[x + 1] + next_rising[x + 1]
            votes[y, x] += (one - b) * crossed
        falling, next_falling = next_falling, falling
        rising, next_rising = next_rising, rising

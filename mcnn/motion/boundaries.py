"""Motion boundaries: where the optical flow changes abruptly (Papazoglou & Ferrari, 2.1)."""

import numba
import numpy as np
from numpy.typing import NDArray

STRONG = 0.6
WEAK = 0.25
THRESHOLD = 0.5

Floats = NDArray[np.float32]


def gradient_magnitude(flow: Floats, cross_only: bool = False) -> Floats:
    """Magnitude of the gradient of a flow field, by forward differences.

    Parameters
    ----------
    flow
        ``(H, W, 2)`` float32 in (x, y), pixels per frame.
    cross_only
        Only the derivative of the horizontal component along y and of the vertical one along x,
        as the FOS release has it; else all four.

    Returns
    -------
    ndarray, float32, shape (H, W)
        Pixels per frame and pixel; the last row and column repeat their neighbours.
    """
    dx = np.empty_like(flow)
    dy = np.empty_like(flow)
    np.subtract(flow[:, 1:], flow[:, :-1], out=dx[:, :-1])
    np.subtract(flow[1:], flow[:-1], out=dy[:-1])
    dx[:, -1] = dx[:, -2] if flow.shape[1] > 1 else 0
    dy[-1] = dy[-2] if flow.shape[0] > 1 else 0
    square = dx[..., 1] ** 2 + dy[..., 0] ** 2
    if not cross_only:
        square += dx[..., 0] ** 2 + dy[..., 1] ** 2
    return np.sqrt(square)


def direction_difference(flow: Floats, where: NDArray[np.bool_], folded: bool = False) -> Floats:
    """Largest difference of the flow's direction to the four neighbours.

    Parameters
    ----------
    flow
        ``(H, W, 2)`` float32 in (x, y).
    where
        ``(H, W)`` bool, the pixels to look at.
    folded
        Differences are ``min(|a - b|, |a + b|)`` of angles in [-pi, pi], as the FOS release has
        it, which mirrors directions at the x axis; else the angle between the two directions.

    Returns
    -------
    ndarray, float32, shape (H, W)
        Radians in [0, pi]; 0 elsewhere. No motion differs from any motion by pi.
    """
    result = np.zeros(where.shape, np.float32)
    _direction_difference(flow, where, folded, result)
    return result


def boundary_probability(
    gradient: Floats, difference: Floats, gradient_scale: float, direction_scale: float
) -> Floats:
    """Probability of a motion boundary (equation 3 of the FOS paper, as its release has it).

    Parameters
    ----------
    gradient
        ``(H, W)``; see `gradient_magnitude`.
    difference
        ``(H, W)``; see `direction_difference`.
    gradient_scale
        Boundary strength is ``1 - exp(-gradient_scale * gradient)``.
    direction_scale
        The direction counts, where the strength is between 0.25 and 0.6, as
        ``1 - exp(-direction_scale * difference ** 2)``.

    Returns
    -------
    ndarray, float32, shape (H, W)
        In [0, 1].
    """
    strength = 1 - np.exp(-gradient_scale * gradient)
    turn = 1 - np.exp(-direction_scale * difference**2)
    result = np.where(strength > WEAK, strength * turn, 0.1 * strength)
    return np.where(strength > STRONG, strength, result)


def boundary_map(
    gradient: Floats, difference: Floats, gradient_scale: float, direction_scale: float, rim: int
) -> NDArray[np.bool_]:
    """Pixels whose boundary probability exceeds one half, away from the frame's edge.

    Parameters
    ----------
    gradient, difference, gradient_scale, direction_scale
        See `boundary_probability`; the map is its threshold, without computing it.
    rim
        Width of the margin in which there are no boundaries, in pixels.

    Returns
    -------
    ndarray, bool, shape (H, W)
    """
    result = np.zeros(gradient.shape, np.bool_)
    _threshold(gradient, difference, gradient_scale, direction_scale, rim, result)
    return result


@numba.njit(cache=True, nogil=True)
def _threshold(  # type: ignore[no-untyped-def]
    gradient, difference, gradient_scale, direction_scale, rim, result
):
    height, width = gradient.shape
    sure = -np.log(1 - STRONG) / gradient_scale
    possible = -np.log(1 - THRESHOLD) / gradient_scale
    for y in range(rim, height - rim):
        for x in range(rim, width - rim):
            g = gradient[y, x]
            if g > sure:
                result[y, x] = True
            elif g > possible:
                strength = 1 - np.exp(-gradient_scale * g)
                turn = 1 - np.exp(-direction_scale * difference[y, x] ** 2)
                result[y, x] = strength * turn > THRESHOLD


@numba.njit(cache=True, nogil=True)
def _direction_difference(flow, where, folded, result):  # type: ignore[no-untyped-def]
    height, width = where.shape
    for y in range(height):
        for x in range(width):
            if not where[y, x]:
                continue
            still = flow[y, x, 0] == 0 and flow[y, x, 1] == 0
            angle = np.arctan2(flow[y, x, 1], flow[y, x, 0])
            largest = 0.0
            for dy, dx in ((0, 1), (1, 0), (0, -1), (-1, 0)):
                ny, nx = y + dy, x + dx
                if ny < 0 or ny >= height or nx < 0 or nx >= width:
                    continue
                other_still = flow[ny, nx, 0] == 0 and flow[ny, nx, 1] == 0
                if still or other_still:
                    difference = np.pi if still != other_still else 0.0
                else:
                    other = np.arctan2(flow[ny, nx, 1], flow[ny, nx, 0])
                    difference = abs(angle - other)
                    mirrored = abs(angle + other) if folded else 2 * np.pi - difference
                    difference = min(difference, mirrored, np.pi)
                largest = max(largest, difference)
            result[y, x] = largest

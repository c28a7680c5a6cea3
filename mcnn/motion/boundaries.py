"""Motion boundaries: where the optical flow changes abruptly (Papazoglou & Ferrari, 2.1)."""

import cv2
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


def direction_difference(flow: Floats, folded: bool = False) -> Floats:
    """Largest difference of the flow's direction to the four neighbours.

    Parameters
    ----------
    flow
        ``(H, W, 2)`` float32 in (x, y).
    folded
        Differences are ``min(|a - b|, |a + b|)`` of angles in [-pi, pi], as the FOS release has
        it, which mirrors directions at the x axis; else the angle between the two directions.

    Returns
    -------
    ndarray, float32, shape (H, W)
        Radians in [0, pi]. No motion differs from any motion by pi.
    """
    angle = np.arctan2(flow[..., 1], flow[..., 0])
    still = (flow == 0).all(axis=2)
    result = np.zeros(angle.shape, np.float32)
    for a, b in (((slice(1, None),), (slice(None, -1),)), (_COLUMNS[0], _COLUMNS[1])):
        first, second = angle[a], angle[b]
        difference = np.abs(first - second)
        other = np.abs(first + second) if folded else 2 * np.pi - difference
        difference = np.minimum(np.minimum(difference, other), np.pi)
        difference = np.where(still[a] & still[b], 0, difference)
        difference = np.where(still[a] ^ still[b], np.pi, difference)
        np.maximum(result[a], difference, out=result[a], casting="same_kind")
        np.maximum(result[b], difference, out=result[b], casting="same_kind")
    return result


_COLUMNS = ((slice(None), slice(1, None)), (slice(None), slice(None, -1)))


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


def camera_motion(flow: Floats, stride: int = 8, rounds: int = 5) -> Floats:
    """Affine motion that most of the frame follows, by reweighted least squares.

    Parameters
    ----------
    flow
        ``(H, W, 2)`` float32 in (x, y), pixels per frame.
    stride
        Distance of the pixels that the fit looks at.
    rounds
        Rounds of reweighting.

    Returns
    -------
    ndarray, float32, shape (H, W, 2)
        The fitted field.
    """
    height, width = flow.shape[:2]
    y, x = np.mgrid[0:height:stride, 0:width:stride]
    basis = _affine_basis(y.ravel(), x.ravel(), height, width)
    samples = flow[::stride, ::stride].reshape(-1, 2).astype(float)
    start = np.median(samples, axis=0)
    distance = np.linalg.norm(samples - start, axis=1)
    coefficients = np.zeros((3, 2))
    for _ in range(rounds):
        scale = 1.5 * np.median(distance) + 0.05
        weight = 1 / (1 + (distance / scale) ** 2) ** 2
        weighted = basis * weight[:, None]
        normal = weighted.T @ basis + 1e-3 * np.eye(3)
        coefficients = np.linalg.solve(normal, weighted.T @ samples)
        distance = np.linalg.norm(samples - basis @ coefficients, axis=1)
    rows = cv2.reduce(np.zeros((height, 1), np.float32), 1, cv2.REDUCE_SUM)  # column of zeros
    field = np.empty_like(flow)
    ys = ((np.arange(height, dtype=np.float32)[:, None] + rows) / max(height, width)) - 0.5
    xs = (np.arange(width, dtype=np.float32)[None] / max(height, width)) - 0.5
    for channel in range(2):
        a, b, c = coefficients[:, channel]
        field[..., channel] = np.float32(a) + np.float32(b) * xs + np.float32(c) * ys
    return field


def _affine_basis(
    y: NDArray[np.int_], x: NDArray[np.int_], height: int, width: int
) -> NDArray[np.float64]:
    side = max(height, width)
    return np.stack([np.ones(len(x)), x / side - 0.5, y / side - 0.5], axis=1)

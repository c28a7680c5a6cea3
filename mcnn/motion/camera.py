"""Motion of the camera: the part of the flow that most of the frame follows."""

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_STRIDE = 8
_ROUNDS = 5


def camera_motion(flow: Floats) -> Floats:
    """Affine motion that most of a frame follows, by reweighted least squares.

    Parameters
    ----------
    flow
        ``(H, W, 2)`` float32 in (x, y), pixels per frame.

    Returns
    -------
    ndarray, float32, shape (H, W, 2)
        The fitted field.

    Notes
    -----
    Geman-McClure weights, whose scale is 1.5 times the median residual, on every eighth pixel of
    every eighth row; the first fit is the median motion.
    """
    height, width = flow.shape[:2]
    side = max(height, width)
    xs = np.arange(width) / side - 0.5
    ys = np.arange(height) / side - 0.5
    x, y = np.meshgrid(xs[::_STRIDE], ys[::_STRIDE])
    basis = np.stack([np.ones(x.size), x.ravel(), y.ravel()], axis=1)
    samples = flow[::_STRIDE, ::_STRIDE].reshape(-1, 2).astype(float)
    residual = samples - np.median(samples, axis=0)
    fit = np.zeros((3, 2))
    for _ in range(_ROUNDS):
        distance = np.linalg.norm(residual, axis=1)
        scale = 1.5 * np.median(distance) + 0.05
        weighted = basis * (1 / (1 + (distance / scale) ** 2) ** 2)[:, None]
        # A little ridge keeps a fit to few pixels regular.
        fit = np.linalg.solve(weighted.T @ basis + 1e-3 * np.eye(3), weighted.T @ samples)
        residual = samples - basis @ fit
    return np.asarray(_affine(fit.astype(np.float32), xs.astype(np.float32), ys.astype(np.float32)))


@numba.njit(cache=True, nogil=True)
def _affine(fit, xs, ys):  # type: ignore[no-untyped-def]
    field = np.empty((len(ys), len(xs), 2), np.float32)
    for i in range(len(ys)):
        for j in range(len(xs)):
            for k in range(2):
                field[i, j, k] = fit[0, k] + xs[j] * fit[1, k] + ys[i] * fit[2, k]
    return field

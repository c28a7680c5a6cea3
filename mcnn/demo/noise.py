"""Smooth random fields, the stuff of all textures."""

import cv2
import numpy as np

from mcnn.demo.geometry import Array


def octaves(
    rng: np.random.Generator,
    shape: tuple[int, int],
    cell: tuple[float, float],
    n: int = 3,
    persistence: float = 0.5,
) -> Array:
    """Draw a field of summed smooth noises.

    Parameters
    ----------
    rng
        Source of randomness.
    shape
        Height and width.
    cell
        Height and width of a cell of the coarsest noise, in pixels; each further noise has
        cells half that size and `persistence` times the amplitude.
    n
        Number of noises.

    Returns
    -------
    Array
        float32 (height, width), mean about 0, values mostly within -1 to 1.
    """
    height, width = shape
    field = np.zeros(shape, np.float32)
    total = 0.0
    for k in range(n):
        rows = max(2, round(height * 2**k / cell[0])) + 3
        columns = max(2, round(width * 2**k / cell[1])) + 3
        grid = rng.standard_normal((rows, columns), np.float32)
        field += persistence**k * cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
        total += persistence ** (2 * k)
    return field * np.float32(0.75 / np.sqrt(total))

"""Outlines from which the objects are put together.

Objects are drawn in their own units: a length of about 1, x to the front, y down, the origin in
the body.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Polygons = tuple[Array, ...]

_CIRCLE = np.linspace(0, 2 * np.pi, 20, endpoint=False)


@dataclass(frozen=True)
class Part:
    """A part of an object, painted over the parts before it.

    Parameters
    ----------
    name
        What it is; the errors of motion segmentation go by it.
    polygons
        Its outlines, (N, 2) each; the part is their union.
    material
        Key of its colour in the appearance of the instance.
    shade
        Factor of the colour, below 1 for what lies in the object's own shadow.
    """

    name: str
    polygons: Polygons
    material: str
    shade: float = 1.0


def points(*values: float) -> Array:
    """Vertices (N, 2) from x, y, x, y, ...."""
    return np.asarray(values, np.float64).reshape(-1, 2)


@lru_cache
def path(text: str) -> Array:
    """Vertices (N, 2) from "x,y x,y ..."."""
    vertices = np.array([pair.split(",") for pair in text.split()], np.float64)
    vertices.flags.writeable = False
    return vertices


def smooth(vertices: Array, steps: int = 5) -> Array:
    """Close a Catmull-Rom curve through vertices (N, 2); (N * steps, 2)."""
    p0, p1 = np.roll(vertices, 1, 0)[:, None], vertices[:, None]
    p2, p3 = np.roll(vertices, -1, 0)[:, None], np.roll(vertices, -2, 0)[:, None]
    t = (np.arange(steps) / steps)[None, :, None]
    curve = 0.5 * (
        2 * p1
        + (p2 - p0) * t
        + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2
        + (3 * p1 - p0 - 3 * p2 + p3) * t**3
    )
    return curve.reshape(-1, 2)


def rounded(vertices: Array, times: int = 2) -> Array:
    """Cut the corners of a closed polygon (N, 2) by Chaikin's rule, `times` times."""
    for _ in range(times):
        following = np.roll(vertices, -1, 0)
        pair = np.stack([0.8 * vertices + 0.2 * following, 0.2 * vertices + 0.8 * following], 1)
        vertices = pair.reshape(-1, 2)
    return vertices


def ellipse(x: float, y: float, rx: float, ry: float, angle: float = 0.0) -> Array:
    """Outline (20, 2) of an ellipse around (x, y), turned by `angle` radians."""
    around = turn(np.stack([rx * np.cos(_CIRCLE), ry * np.sin(_CIRCLE)], 1), angle)
    return around + np.array([x, y])


def turn(vertices: Array, angle: float, centre: tuple[float, float] = (0.0, 0.0)) -> Array:
    """Turn vertices (N, 2) by `angle` radians around `centre`."""
    c, s = np.cos(angle), np.sin(angle)
    return (vertices - centre) @ np.array([[c, s], [-s, c]]) + centre


def ribbon(line: Array, radii: tuple[float, ...]) -> Polygons:
    """Outline a stroke along `line` (N, 2) with a radius per vertex: a capsule per segment."""
    capsules = []
    for start, end, r0, r1 in zip(line[:-1], line[1:], radii[:-1], radii[1:], strict=True):
        heading = np.arctan2(*(end - start)[::-1])
        half = np.linspace(-np.pi / 2, np.pi / 2, 7)
        front = end + r1 * np.stack([np.cos(heading + half), np.sin(heading + half)], 1)
        back = start - r0 * np.stack([np.cos(heading + half), np.sin(heading + half)], 1)
        capsules.append(np.concatenate([front, back]))
    return tuple(capsules)


def curve(vertices: Array, n: int) -> Array:
    """Resample an open quadratic curve through three vertices (3, 2) to n points (n, 2)."""
    t = np.linspace(0, 1, n)[:, None]
    start, middle, end = vertices
    control = 2 * middle - (start + end) / 2
    return (1 - t) ** 2 * start + 2 * t * (1 - t) * control + t**2 * end


def leg(
    hip: tuple[float, float],
    lengths: tuple[float, float],
    radii: tuple[float, float, float],
    swing: float,
    bend: float,
) -> tuple[Polygons, Array]:
    """Outline a leg of two bones and give the place of its foot (2,).

    `swing` turns the upper bone forward and `bend` the lower one back, in radians.
    """
    knee = np.asarray(hip) + lengths[0] * np.array([np.sin(swing), np.cos(swing)])
    lower = swing - bend
    foot = knee + lengths[1] * np.array([np.sin(lower), np.cos(lower)])
    return ribbon(np.stack([np.asarray(hip), knee, foot]), radii), foot

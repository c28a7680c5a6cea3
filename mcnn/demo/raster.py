"""Painting an object into a picture."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from mcnn.demo.animals import cat, horse
from mcnn.demo.appearance import TEXTURE, Instance
from mcnn.demo.extras import ball, bottle, box, person
from mcnn.demo.geometry import Array, Part
from mcnn.demo.vehicles import aeroplane, boat, car

SHAPES: dict[str, Callable[[Mapping[str, float], float], list[Part]]] = {
    "aeroplane": aeroplane,
    "boat": boat,
    "car": car,
    "cat": cat,
    "horse": horse,
    "person": person,
    "ball": ball,
    "box": box,
    "bottle": bottle,
}
"""Outlines by kind: (variant, phase of the movement in radians) -> parts, back to front."""

GROUND = {
    "boat": 0.2, "car": 0.25, "cat": 0.29, "horse": 0.44, "person": 0.5, "ball": 0.3,
    "box": 0.33, "bottle": 0.46,
}  # fmt: skip
"""How far below an object's origin it touches the ground, in its units."""

SUPERSAMPLING = 2


@dataclass(frozen=True)
class Pose:
    """Where an object's origin lies in the picture (pixels), its size (pixels per unit), its
    turn (radians), whether it faces left, and the phase of its movement (radians)."""

    x: float
    y: float
    size: float
    angle: float = 0.0
    mirrored: bool = False
    phase: float = 0.0

    def matrix(self) -> Array:
        """Affine matrix (2, 3) from the object's units to pixels."""
        c, s = np.cos(self.angle) * self.size, np.sin(self.angle) * self.size
        flip = -1.0 if self.mirrored else 1.0
        return np.array([[c * flip, -s, self.x], [s * flip, c, self.y]])

    def place(self, x: float, y: float) -> Array:
        """Pixel (2,) of a point given in the object's units."""
        return self.matrix() @ np.array([x, y, 1.0])


class Drawn(NamedTuple):
    """An object as painted: its colours times its coverage (H, W, 3), and its coverage (H, W)
    within 0 to 1, both float32."""

    rgb: Array
    alpha: Array


def paint(instance: Instance, pose: Pose, shape: tuple[int, int]) -> Drawn:
    """Paint an individual in a pose onto nothing, for a picture of `shape` (height, width)."""
    parts = SHAPES[instance.kind](instance.variant, pose.phase)
    rgb, alpha = np.zeros((*shape, 3), np.float32), np.zeros(shape, np.float32)
    drawn = Drawn(rgb, alpha)
    outlines = _outlines(parts, pose)
    everything = np.concatenate([polygon for part in outlines for polygon in part])
    x0, y0 = np.maximum(np.floor(everything.min(0)).astype(int) - 2, 0)
    x1, y1 = np.minimum(np.ceil(everything.max(0)).astype(int) + 3, shape[::-1])
    if x1 <= x0 or y1 <= y0:
        return drawn
    window = (int(x0), int(y0), int(x1), int(y1))
    index = _index_map(list(enumerate(outlines, 1)), window)
    fine_rgb, fine_alpha = _shade(instance, pose, parts, outlines, index, window[:2])
    size = (window[2] - window[0], window[3] - window[1])
    inside = np.s_[y0:y1, x0:x1]
    rgb[inside] = cv2.resize(fine_rgb, size, interpolation=cv2.INTER_AREA)
    alpha[inside] = cv2.resize(fine_alpha, size, interpolation=cv2.INTER_AREA)
    return drawn


def _outlines(parts: list[Part], pose: Pose) -> list[list[Array]]:
    matrix = pose.matrix()
    lengths = [len(polygon) for part in parts for polygon in part.polygons]
    points = np.concatenate([polygon for part in parts for polygon in part.polygons])
    pieces = iter(np.split(points @ matrix[:, :2].T + matrix[:, 2], np.cumsum(lengths)[:-1]))
    return [[next(pieces) for _ in part.polygons] for part in parts]


def _index_map(outlines: list[tuple[int, list[Array]]], window: tuple[int, int, int, int]) -> Array:
    x0, y0, x1, y1 = window
    index = np.zeros(((y1 - y0) * SUPERSAMPLING, (x1 - x0) * SUPERSAMPLING), np.uint8)
    for k, polygons in outlines:
        for polygon in polygons:
            fixed = np.round(((polygon - (x0, y0)) * SUPERSAMPLING - 0.5) * 16).astype(np.int32)
            cv2.fillPoly(index, [fixed], int(k), shift=4)
    return index


def _shade(
    instance: Instance,
    pose: Pose,
    parts: list[Part],
    outlines: list[list[Array]],
    index: Array,
    corner: tuple[int, int],
) -> tuple[Array, Array]:
    rows = [np.concatenate(polygons)[:, 1] for polygons in outlines]
    tops = np.array([0, *(row.min() for row in rows)], np.float32)
    heights = np.array([1, *(max(np.ptp(row), 1.0) for row in rows)], np.float32)
    shades = np.array([0, *(part.shade for part in parts)], np.float32)
    patterned = np.array([0, *(p.material in ("coat", "paint") for p in parts)], np.float32)
    colours = np.array([(0, 0, 0), *(instance.colours[p.material] for p in parts)], np.float32)

    pattern, grain = _textures(instance, pose, index.shape, corner)
    pattern *= patterned[index]
    rgb = colours.take(index, axis=0)
    rgb += (np.asarray(instance.second, np.float32) - rgb) * pattern[..., None]

    # Each part is lit from above, and so is the object as a whole.
    row = (np.arange(len(index), dtype=np.float32) / SUPERSAMPLING + corner[1])[:, None]
    light = (shades * (1.17 + 0.4 * tops / heights))[index]
    light -= (0.4 * shades / heights)[index] * row
    alpha = (index > 0).astype(np.float32)
    light += _relief(alpha, 0.06 * pose.size)
    light[cv2.morphologyEx(index, cv2.MORPH_GRADIENT, np.ones((2, 2), np.uint8)) > 0] -= 0.10
    light += grain
    light *= alpha
    rgb *= light[..., None]
    return np.clip(rgb, 0, 255, out=rgb), alpha


def _relief(alpha: Array, radius: float) -> Array:
    size = alpha.shape[1] // SUPERSAMPLING, alpha.shape[0] // SUPERSAMPLING
    soft = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(soft, (0, 0), max(0.5, radius))
    slope = np.zeros_like(soft)
    slope[1:-1] = soft[:-2] - soft[2:]
    steepest = max(float(np.abs(slope).max()), 1e-3)
    return cv2.resize(np.clip(0.6 * slope / steepest, -0.25, 0.25), alpha.shape[::-1])


def _textures(
    instance: Instance, pose: Pose, shape: tuple[int, ...], corner: tuple[int, int]
) -> tuple[Array, Array]:
    to_pixels = np.vstack([pose.matrix(), (0, 0, 1)])
    step = 1 / SUPERSAMPLING
    fine = np.array([[step, 0, corner[0]], [0, step, corner[1]], [0, 0, 1]])
    half = TEXTURE / 2
    to_texture = np.array([[half, 0, half], [0, half, half]]) @ np.linalg.inv(to_pixels) @ fine
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (shape[1], shape[0])
    pattern, grain = (
        cv2.warpAffine(field, to_texture, size, flags=flags, borderMode=cv2.BORDER_REFLECT)
        for field in (instance.pattern, instance.grain)
    )
    return pattern, grain

"""Scene types, which of them each class is seen in, and the camera that moves over them."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from mcnn.demo.geometry import Array
from mcnn.demo.scenery import (
    DETAIL,
    Canvas,
    Layer,
    Rgb,
    ground,
    hills,
    houses,
    sky,
    trees,
    vary,
    wall,
)

SCENES_OF: dict[str, dict[str, float]] = {
    "aeroplane": {"sky": 0.7, "runway": 0.15, "sea": 0.08, "field": 0.07},
    "boat": {"sea": 0.7, "river": 0.3},
    "car": {"street": 0.45, "road": 0.3, "field": 0.1, "runway": 0.05, "sand": 0.1},
    "cat": {"indoor": 0.6, "field": 0.25, "street": 0.15},
    "horse": {"field": 0.5, "sand": 0.25, "road": 0.15, "street": 0.1},
}
"""How often a class is seen in each scene type; most types are shared by several classes."""


@dataclass(frozen=True)
class Camera:
    """Where the camera looks, in frame pixels from its rest, and its zoom."""

    x: float = 0.0
    y: float = 0.0
    zoom: float = 1.0


@dataclass(frozen=True)
class Scene:
    """A background: its type, its layers from far to near, where its ground begins and the
    ground's mean colour (RGB)."""

    kind: str
    layers: tuple[Layer, ...]
    horizon: float
    tone: Rgb
    height: int
    width: int

    def draw(self, camera: Camera, time: float) -> Array:
        """Show the scene as the camera sees it at a time (frames); float32 (H, W, 3)."""
        picture = np.zeros((self.height, self.width, 3), np.float32)
        for layer in self.layers:
            x, y = self._maps(layer, camera, time)
            rgb = _look_up(layer.rgb, x, y)
            if layer.glint is not None:
                rgb = rgb + self._ripples(layer.glint, x, y, time)[..., None]
            if layer.alpha is None:
                picture = rgb
            else:
                picture += _look_up(layer.alpha, x, y)[..., None] * (rgb - picture)
        return picture

    def _maps(self, layer: Layer, camera: Camera, time: float) -> tuple[Array, Array]:
        rows, columns = np.mgrid[: self.height, : self.width].astype(np.float32)
        high, wide = layer.rgb.shape[:2]
        right = camera.x * layer.parallax + layer.drift * time
        x: Array = (columns - self.width / 2) / camera.zoom + right
        y: Array = (rows - self.height / 2) / camera.zoom + camera.y * layer.parallax
        if layer.sway:
            x = x + layer.sway * np.sin(0.35 * time + 0.11 * x + 0.3 * y)
        x, y = x * DETAIL + wide / 2, y * DETAIL + high / 2
        return x.astype(np.float32), y.astype(np.float32)

    def _ripples(self, glint: Array, x: Array, y: Array, time: float) -> Array:
        first = _look_up(glint, x + np.float32(1.1 * time), y + np.float32(0.25 * time))
        return first + _look_up(glint, x * np.float32(0.83) - np.float32(0.8 * time), y)


def _look_up(texture: Array, x: Array, y: Array) -> Array:
    return cv2.remap(texture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def draw_scene(rng: np.random.Generator, kind: str, height: int, width: int) -> Scene:
    """Draw a background of a scene type at random."""
    canvas = Canvas(height, width)
    layers, horizon, tone = _RECIPES[kind](rng, canvas)
    return Scene(kind, tuple(layers), horizon, tone, height, width)


Recipe = tuple[list[Layer], float, Rgb]

_GREENS: tuple[Rgb, ...] = (
    (84, 116, 54), (112, 128, 62), (70, 96, 46), (150, 140, 78), (98, 132, 70),
)  # fmt: skip
_LEAVES: tuple[Rgb, ...] = ((58, 82, 44), (78, 94, 48), (96, 90, 50), (48, 70, 50))
_WATERS: tuple[Rgb, ...] = (
    (48, 92, 138), (58, 118, 132), (84, 102, 116), (66, 98, 92), (40, 70, 110),
)  # fmt: skip
_FLOORS: tuple[Rgb, ...] = (
    (150, 108, 70), (110, 78, 52), (176, 158, 134), (130, 124, 120), (126, 66, 58),
)  # fmt: skip
_TARS: tuple[Rgb, ...] = ((96, 96, 100), (118, 114, 108), (78, 80, 86))


def _choice(rng: np.random.Generator, options: tuple[Rgb, ...]) -> Rgb:
    return vary(rng, options[rng.integers(len(options))])


def _darker(rgb: Rgb, factor: float) -> Rgb:
    return rgb[0] * factor, rgb[1] * factor, rgb[2] * factor


def _backdrop(rng: np.random.Generator, canvas: Canvas, horizon: float) -> list[Layer]:
    layers = sky(rng, canvas, horizon)
    if rng.random() < 0.5:
        layers.append(hills(rng, canvas, horizon, vary(rng, (112, 128, 128))))
    if rng.random() < 0.65:
        layers.append(trees(rng, canvas, horizon, _choice(rng, _LEAVES)))
    return layers


def _sky(rng: np.random.Generator, canvas: Canvas) -> Recipe:
    layers = sky(rng, canvas, 1.0)
    r, g, b = layers[0].rgb[len(layers[0].rgb) // 2, 0].tolist()
    if rng.random() < 0.5:
        low = float(rng.uniform(0.88, 1.05))
        layers.append(hills(rng, canvas, low, _choice(rng, (*_LEAVES, (120, 130, 136)))))
        pair = (_choice(rng, _GREENS), _choice(rng, _LEAVES))
        layers.append(ground(rng, canvas, low, pair, (2, 2)))
    return layers, 1.2, (r, g, b)


def _sea(rng: np.random.Generator, canvas: Canvas) -> Recipe:
    horizon = float(rng.uniform(0.32, 0.5))
    water = _choice(rng, _WATERS)
    layers = sky(rng, canvas, horizon)
    if rng.random() < 0.4:
        layers.append(hills(rng, canvas, horizon, vary(rng, (106, 122, 120))))
    pair = (_darker(water, 0.75), vary(rng, _darker(water, 1.3), 6))
    layers.append(ground(rng, canvas, horizon, pair, (0.45, 1.5), contrast=0.5, sway=0.7, glint=11))
    return layers, horizon, water


def _river(rng: np.random.Generator, canvas: Canvas) -> Recipe:
    horizon = float(rng.uniform(0.36, 0.5))
    water = vary(rng, (92, 104, 84), 12)
    layers = [*sky(rng, canvas, horizon), trees(rng, canvas, horizon, _choice(rng, _LEAVES))]
    pair = (_darker(water, 0.72), _darker(water, 1.25))
    layers.append(ground(rng, canvas, horizon, pair, (0.6, 2.0), contrast=0.5, sway=0.8, glint=7))
    return layers, horizon, water


def _field(rng: np.random.Generator, canvas: Canvas) -> Recipe:
    horizon = float(rng.uniform(0.3, 0.48))
    green = _choice(rng, _GREENS)
    pair = (_darker(green, 0.78), vary(rng, _darker(green, 1.2), 8))
    meadow = ground(rng, canvas, horizon, pair, (0.7, 0.5), contrast=0.55, sway=0.6)
    return [*_backdrop(rng, canvas, horizon), meadow], horizon, green


def _sand(rng: np.random.Generator, canvas: Canvas) -> Recipe:
    horizon = float(rng.uniform(0.3, 0.48))
    tan = _choice(rng, ((196, 168, 126), (170, 138, 104), (208, 190, 156)))
    pair = (_darker(tan, 0.84), _darker(tan, 1.1))
    beach = ground(rng, canvas, horizon, pair, (1.2, 1.2))
    return [*_backdrop(rng, canvas, horizon), beach], horizon, tan


def _road(rng: np.random.Generator, canvas: Canvas) -> Recipe:
    layers, horizon, _ = _field(rng, canvas)
    return _tarred(rng, canvas, layers, horizon + float(rng.uniform(0.14, 0.22)))


def _runway(rng: np.random.Generator, canvas: Canvas) -> Recipe:
    layers, horizon, _ = _field(rng, canvas)
    return _tarred(rng, canvas, layers, horizon + float(rng.uniform(0.22, 0.3)))


def _street(rng: np.random.Generator, canvas: Canvas) -> Recipe:
    horizon = float(rng.uniform(0.42, 0.54))
    layers = [*sky(rng, canvas, horizon), houses(rng, canvas, horizon)]
    pave = vary(rng, (158, 152, 144))
    pair = (_darker(pave, 0.88), _darker(pave, 1.06))
    layers.append(ground(rng, canvas, horizon, pair, (0.5, 0.5)))
    return _tarred(rng, canvas, layers, horizon + 0.09)


def _tarred(rng: np.random.Generator, canvas: Canvas, layers: list[Layer], start: float) -> Recipe:
    tar = _choice(rng, _TARS)
    lane = ground(rng, canvas, start, (_darker(tar, 0.86), _darker(tar, 1.12)), (0.4, 0.4))
    rows = canvas.row(start), canvas.row(start + 0.22)
    white = (206, 204, 196)
    cv2.rectangle(lane.rgb, (0, round(rows[0])), (canvas.shape[1], round(rows[0]) + 2), white, -1)
    step = round(0.5 * canvas.height * DETAIL)
    for x in range(int(rng.integers(step)), canvas.shape[1], step):
        corners = (x, round(rows[1])), (x + step // 2, round(rows[1]) + 3)
        cv2.rectangle(lane.rgb, *corners, white, -1)
    return [*layers, lane], start, tar


def _indoor(rng: np.random.Generator, canvas: Canvas) -> Recipe:
    horizon = float(rng.uniform(0.45, 0.62))
    floor = _choice(rng, _FLOORS)
    cell = (6.0, 0.35) if rng.random() < 0.6 else (0.6, 0.6)  # boards or carpet
    pair = (_darker(floor, 0.8), _darker(floor, 1.15))
    layers = [*wall(rng, canvas, horizon), ground(rng, canvas, horizon, pair, cell, contrast=0.5)]
    return layers, horizon, floor


_RECIPES: dict[str, Callable[[np.random.Generator, Canvas], Recipe]] = {
    "sky": _sky,
    "sea": _sea,
    "river": _river,
    "field": _field,
    "sand": _sand,
    "road": _road,
    "runway": _runway,
    "street": _street,
    "indoor": _indoor,
}
SCENE_TYPES = tuple(_RECIPES)
"""Names of the scene types."""

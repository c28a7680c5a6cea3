"""Layers of a background: skies, hills, trees, houses, walls and grounds.

A layer is a texture larger than the frame, so that the camera can move over it.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from mcnn.demo.geometry import Array
from mcnn.demo.noise import octaves

DETAIL = 1.5
"""Pixels of a texture per pixel of the frame."""

Rgb = tuple[float, float, float]


@dataclass(frozen=True)
class Layer:
    """A texture and how it moves.

    Parameters
    ----------
    rgb
        float32 (H', W', 3), 0 to 255.
    alpha
        Coverage float32 (H', W') within 0 to 1, or None where it covers everything.
    parallax
        Share of the camera's movement that it shows: 1 near, 0 infinitely far.
    drift
        Own horizontal movement, frame pixels per frame.
    sway
        Amplitude of its waving in frame pixels.
    glint
        float32 (H', W') brightness of ripples that run over it, or None.
    """

    rgb: Array
    alpha: Array | None = None
    parallax: float = 1.0
    drift: float = 0.0
    sway: float = 0.0
    glint: Array | None = None


@dataclass(frozen=True)
class Canvas:
    """Size of the textures of a frame (height, width), and rows in them by fraction of it."""

    height: int
    width: int

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the textures."""
        return round(1.8 * self.height * DETAIL), round(2.8 * self.width * DETAIL)

    def row(self, fraction: float) -> float:
        """Row of a texture that the resting camera shows at this fraction of the height."""
        return self.shape[0] / 2 + (fraction - 0.5) * self.height * DETAIL

    def cells(self, high: float, wide: float) -> tuple[float, float]:
        """Fractions of the frame's height as pixels of the texture."""
        return high * self.height * DETAIL, wide * self.height * DETAIL


def _ramp(top: Rgb, bottom: Rgb, start: float, stop: float, shape: tuple[int, int]) -> Array:
    t = np.clip((np.arange(shape[0], dtype=np.float32) - start) / (stop - start), 0, 1)
    ends = np.asarray([top, bottom], np.float32)
    column = ends[0] + (ends[1] - ends[0]) * t[:, None]
    return np.repeat(column[:, None], shape[1], 1)


def vary(rng: np.random.Generator, rgb: Rgb, spread: float = 10) -> Rgb:
    """Draw a colour near another."""
    shift = rng.normal(0, spread) + rng.normal(0, spread / 2, 3)
    r, g, b = np.clip(np.asarray(rgb) + shift, 5, 250)
    return float(r), float(g), float(b)


_SKIES: tuple[tuple[Rgb, Rgb], ...] = (
    ((84, 138, 208), (190, 214, 234)),
    ((108, 156, 210), (206, 220, 228)),
    ((60, 104, 176), (160, 190, 220)),
    ((150, 160, 172), (204, 208, 210)),
    ((104, 112, 146), (242, 188, 138)),
    ((186, 190, 194), (222, 222, 218)),
)


def sky(rng: np.random.Generator, canvas: Canvas, horizon: float) -> list[Layer]:
    """Sky that pales towards the horizon, and clouds that drift."""
    top, low = _SKIES[rng.integers(len(_SKIES))]
    shape = canvas.shape
    base = _ramp(vary(rng, top), vary(rng, low), 0, canvas.row(min(horizon, 1.2)), shape)
    cloud = octaves(rng, shape, canvas.cells(0.45, 1.0), 5, 0.55)
    cover = np.clip((cloud - rng.uniform(-0.1, 0.55)) * 1.6, 0, 0.92)
    bulk = np.clip(0.93 + 0.09 * octaves(rng, shape, canvas.cells(0.3, 0.7), 3), 0.7, 1.05)
    white = bulk[..., None] * np.asarray(vary(rng, (240, 240, 242), 6), np.float32)
    drift = float(rng.uniform(-0.35, 0.35))
    return [Layer(base, parallax=0.1), Layer(white, cover, 0.25, drift)]


def hills(rng: np.random.Generator, canvas: Canvas, horizon: float, colour: Rgb) -> Layer:
    """Line of hills or a coast on the horizon."""
    shape = canvas.shape
    high = rng.uniform(0.04, 0.16) * canvas.height * DETAIL
    ridge = octaves(rng, (1, shape[1]), (1, canvas.cells(0, 1.2)[1]), 4)[0] * high
    rows = np.arange(shape[0], dtype=np.float32)[:, None]
    alpha = np.clip(rows - (canvas.row(horizon) - high - ridge[None]), 0, 1)
    mottle = 1 + 0.13 * octaves(rng, shape, canvas.cells(0.12, 0.3), 3)
    return Layer(mottle[..., None] * np.asarray(colour, np.float32), alpha, 0.4)


def trees(rng: np.random.Generator, canvas: Canvas, horizon: float, colour: Rgb) -> Layer:
    """Row of crowns of trees on the horizon."""
    shape = canvas.shape
    alpha: Array = np.zeros(shape, np.float32)
    light: Array = np.zeros(shape, np.float32)
    base = canvas.row(horizon)
    size = rng.uniform(0.07, 0.16) * canvas.height * DETAIL
    for x in np.arange(-size, shape[1] + size, size * 0.55):
        r = size * rng.uniform(0.6, 1.25)
        centre = (round(x + rng.normal(0, size / 3)), round(base - r * rng.uniform(0.5, 1.1)))
        cv2.circle(light, centre, round(r), float(rng.uniform(0.7, 1.15)), -1)
        cv2.circle(alpha, centre, round(r), 1.0, -1)
    cv2.rectangle(alpha, (0, round(base - size * 0.6)), (shape[1], round(base + 2)), 1.0, -1)
    light[light == 0] = 0.7
    leaves = octaves(rng, shape, canvas.cells(0.06, 0.06), 3)
    light = cv2.GaussianBlur(light, (0, 0), 1.2) + 0.3 * leaves
    alpha = cv2.GaussianBlur(alpha + 0.25 * leaves * (alpha > 0), (0, 0), 1.0)
    rgb = np.clip(light, 0.25, 1.6)[..., None] * np.asarray(colour, np.float32)
    return Layer(rgb, np.clip(alpha, 0, 1), 0.6, sway=0.5)


def houses(rng: np.random.Generator, canvas: Canvas, horizon: float) -> Layer:
    """Row of houses with windows."""
    shape = canvas.shape
    rgb, alpha = np.zeros((*shape, 3), np.float32), np.zeros(shape, np.float32)
    base, unit = round(canvas.row(horizon)) + 1, canvas.height * DETAIL
    walls = ((168, 140, 118), (190, 184, 172), (140, 92, 74), (120, 124, 130), (206, 190, 160))
    x = 0
    while x < shape[1]:
        wide, high = round(rng.uniform(0.3, 0.7) * unit), round(rng.uniform(0.25, 0.75) * unit)
        wall = vary(rng, walls[rng.integers(len(walls))])
        cv2.rectangle(rgb, (x, base - high), (x + wide, base), wall, -1)
        cv2.rectangle(alpha, (x, base - high), (x + wide, base), 1.0, -1)
        step = max(4, round(0.11 * unit))
        pane = vary(rng, (66, 78, 92), 14)
        for wy in range(base - high + step // 2, base - step, round(step * 1.3)):
            for wx in range(x + step // 2, x + wide - step // 2, step):
                cv2.rectangle(rgb, (wx, wy), (wx + step // 2, wy + round(step * 0.7)), pane, -1)
        x += wide + (round(rng.uniform(0, 0.15) * unit) if rng.random() < 0.4 else 0)
    rgb *= (1 + 0.1 * octaves(rng, shape, canvas.cells(0.2, 0.2), 4))[..., None]
    return Layer(rgb, alpha, 0.7)


def ground(
    rng: np.random.Generator,
    canvas: Canvas,
    horizon: float,
    colours: tuple[Rgb, Rgb],
    cell: tuple[float, float],
    *,
    contrast: float = 0.35,
    sway: float = 0.0,
    glint: float = 0.0,
) -> Layer:
    """Ground or water in perspective: two colours mixed by noise of the given cell (far, wide)."""
    shape = canvas.shape
    pattern = _perspective(rng, canvas, horizon, cell)
    mix = np.clip(0.5 + contrast * 1.4 * pattern, 0, 1)[..., None]
    rgb = np.asarray(colours[0], np.float32) * (1 - mix) + np.asarray(colours[1], np.float32) * mix
    rows = np.arange(shape[0], dtype=np.float32)[:, None]
    edge = canvas.row(horizon)
    near = np.clip((rows - edge) / (0.6 * canvas.height * DETAIL), 0, 1)
    rgb *= (0.92 + 0.1 * near + 0.1 * pattern * contrast)[..., None]
    ripples = _perspective(rng, canvas, horizon, (cell[0] * 0.7, cell[1] * 0.8)) if glint else None
    return Layer(
        rgb, np.clip(rows - edge + 0.5, 0, 1) * np.ones((1, shape[1]), np.float32),
        sway=sway, glint=None if ripples is None else (glint * ripples).astype(np.float32),
    )  # fmt: skip


def _perspective(
    rng: np.random.Generator, canvas: Canvas, horizon: float, cell: tuple[float, float]
) -> Array:
    shape, side = canvas.shape, 512
    flat = octaves(rng, (side, side), (cell[0] * 48, cell[1] * 48), 4, 0.6)
    unit = canvas.height * DETAIL
    below = (np.arange(shape[0], dtype=np.float32) - canvas.row(horizon)) / unit
    depth = np.maximum(below, 0) + 0.14
    x = (np.arange(shape[1], dtype=np.float32) - shape[1] / 2) / unit
    map_x = (x[None] / depth[:, None] * 48 + side / 2).astype(np.float32)
    map_y = np.repeat((48 * 1.6 / depth)[:, None], shape[1], 1).astype(np.float32)
    field = cv2.remap(flat, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return field * np.clip(0.3 + 1.6 * (depth - 0.14), 0, 1)[:, None]


_PAPERS: tuple[Rgb, ...] = (
    (206, 192, 168), (164, 178, 176), (188, 150, 128), (142, 130, 118), (208, 206, 200),
    (120, 138, 156),
)  # fmt: skip


def wall(rng: np.random.Generator, canvas: Canvas, horizon: float) -> list[Layer]:
    """Papered wall with a skirting board and pictures or a piece of furniture."""
    shape, unit = canvas.shape, canvas.height * DETAIL
    paper = np.asarray(vary(rng, _PAPERS[rng.integers(len(_PAPERS))]), np.float32)
    shade = 1 + 0.07 * octaves(rng, shape, canvas.cells(0.8, 0.8), 5)
    style = rng.random()
    x, y = np.arange(shape[1])[None] / unit, np.arange(shape[0])[:, None] / unit
    if style < 0.4:
        shade = shade + 0.09 * np.sign(np.sin(x * rng.uniform(30, 60)))
    elif style < 0.7:
        shade = shade + 0.1 * ((np.sin(x * 42) * np.sin(y * 42)) > 0.55)
    rgb = (shade[..., None] * paper).astype(np.float32)
    base = round(canvas.row(horizon))
    for _ in range(rng.integers(2, 6)):
        cx, cy = int(rng.integers(0, shape[1])), round(base - unit * rng.uniform(0.3, 0.6))
        w, h = round(unit * rng.uniform(0.08, 0.2)), round(unit * rng.uniform(0.08, 0.16))
        cv2.rectangle(rgb, (cx - w, cy - h), (cx + w, cy + h), vary(rng, (86, 62, 44), 20), -1)
        inside = vary(rng, (150, 150, 140), 40)
        cv2.rectangle(rgb, (cx - w + 3, cy - h + 3), (cx + w - 3, cy + h - 3), inside, -1)
    for _ in range(rng.integers(0, 3)):  # sofas and sideboards
        cx, w = int(rng.integers(0, shape[1])), round(unit * rng.uniform(0.3, 0.55))
        h, colour = round(unit * rng.uniform(0.2, 0.34)), vary(rng, (126, 100, 86), 34)
        cv2.rectangle(rgb, (cx - w, base - h), (cx + w, base), colour, -1)
        lower = tuple(0.8 * c for c in colour)
        cv2.rectangle(rgb, (cx - w, base - h // 2), (cx + w, base), lower, -1)
        cv2.line(rgb, (cx, base - h), (cx, base), tuple(0.6 * c for c in colour), 2)
    skirting = vary(rng, (214, 206, 192))
    cv2.rectangle(rgb, (0, base - round(0.05 * unit)), (shape[1], base), skirting, -1)
    return [Layer(cv2.GaussianBlur(rgb, (0, 0), 0.8), parallax=0.8)]

"""What an instance looks like: its build, its colours and the pattern of its coat or paint.

The colours of a class vary between instances and overlap with those of other classes (a grey
cat, a grey horse, a grey car), so that colour alone tells no class.
"""

from dataclasses import dataclass

import numpy as np

from mcnn.demo.geometry import Array
from mcnn.demo.noise import octaves

TEXTURE = 192
"""Side of a pattern in pixels; it covers the object's units -1 to 1."""

Rgb = tuple[float, float, float]

_ANIMALS = ("cat", "horse")
_TRAITS = ("build", "stride", "neck", "style", "bank", "pose")
_COATS: dict[str, tuple[Rgb, Rgb, float, float]] = {
    # coat, its second colour, and how often a cat and a horse have it
    "brown": ((124, 78, 46), (88, 54, 34), 0.10, 0.30),
    "ginger": ((196, 124, 62), (150, 82, 38), 0.22, 0.18),
    "dark": ((80, 56, 42), (48, 36, 30), 0.12, 0.12),
    "grey": ((150, 146, 140), (94, 90, 86), 0.22, 0.12),
    "black": ((48, 45, 45), (32, 30, 31), 0.12, 0.10),
    "cream": ((212, 180, 132), (180, 142, 98), 0.10, 0.08),
    "pied": ((112, 74, 50), (228, 222, 212), 0.12, 0.10),
}
_PAINTS: dict[str, tuple[Rgb, dict[str, float]]] = {
    # paint, and how often things have it
    "white": ((226, 224, 218), {"car": 0.16, "boat": 0.24, "aeroplane": 0.30, "person": 0.2}),
    "silver": ((160, 164, 168), {"car": 0.16, "boat": 0.06, "aeroplane": 0.22}),
    "black": ((50, 51, 55), {"car": 0.14, "boat": 0.10, "aeroplane": 0.06, "person": 0.2}),
    "red": ((176, 42, 38), {"car": 0.14, "boat": 0.12, "aeroplane": 0.10, "person": 0.2}),
    "blue": ((42, 70, 132), {"car": 0.14, "boat": 0.14, "aeroplane": 0.08, "person": 0.2}),
    "yellow": ((216, 174, 62), {"car": 0.08, "boat": 0.08, "aeroplane": 0.10, "person": 0.1}),
    "green": ((66, 104, 76), {"car": 0.08, "boat": 0.10, "aeroplane": 0.08, "person": 0.1}),
    "brown": ((118, 80, 52), {"car": 0.10, "boat": 0.16, "aeroplane": 0.06}),
}
_OTHERS: dict[str, tuple[Rgb, ...]] = {
    "box": ((168, 128, 82), (120, 92, 66), (70, 92, 140), (150, 60, 52), (110, 130, 96)),
    "ball": ((214, 60, 48), (236, 200, 60), (60, 110, 190), (230, 226, 218), (80, 160, 90)),
    "bottle": ((40, 92, 58), (98, 62, 30), (58, 96, 130), (170, 190, 176), (120, 30, 40)),
}
_ACCENTS = (
    (190, 44, 40), (34, 66, 138), (236, 232, 224), (46, 48, 52), (230, 168, 44), (46, 120, 86),
    (120, 124, 130),
)  # fmt: skip
_SAILS = ((240, 236, 226), (226, 214, 188), (214, 92, 52), (200, 204, 208), (178, 58, 50))
_FIXED = {
    "dark": (30, 28, 28), "tyre": (36, 36, 38), "hub": (168, 170, 172), "glass": (62, 82, 98),
    "lamp": (244, 236, 196), "tail_lamp": (186, 32, 28), "mast": (130, 104, 76),
    "engine": (122, 126, 132), "propeller": (158, 156, 150), "pink": (206, 138, 128),
    "hoof": (58, 48, 42),
}  # fmt: skip


@dataclass(frozen=True)
class Instance:
    """One individual of a class.

    Parameters
    ----------
    kind
        A key of `shapes.SHAPES`.
    variant
        Traits of its shape, each within 0 to 1.
    colours
        RGB 0 to 255 by material.
    second
        RGB of the second colour of its coat or paint.
    pattern
        float32 (TEXTURE, TEXTURE) within 0 to 1, the share of the second colour.
    grain
        float32 (TEXTURE, TEXTURE) around 0, added to the brightness of every material.
    """

    kind: str
    variant: dict[str, float]
    colours: dict[str, Rgb]
    second: Rgb
    pattern: Array
    grain: Array


def draw_instance(rng: np.random.Generator, kind: str) -> Instance:
    """Draw an individual of a class, a distractor or a bottle at random."""
    variant = {trait: float(rng.random()) for trait in _TRAITS}
    colours = {name: _jitter(rng, rgb, 8) for name, rgb in _FIXED.items()}
    accent = _ACCENTS[rng.integers(len(_ACCENTS))]
    colours["stripe"] = _jitter(rng, accent, 10)
    colours["sail"] = _jitter(rng, _SAILS[rng.integers(len(_SAILS))], 8)
    colours["cabin"] = _jitter(rng, (226, 222, 212), 14)
    base, other = _base_colours(rng, kind)
    if kind in _ANIMALS:
        _coat_colours(rng, colours, base, other)
    else:
        colours["paint"] = base
        if np.abs(np.subtract(colours["stripe"], base)).sum() < 120:  # unseen
            colours["stripe"] = _jitter(
                rng, (236, 232, 224) if sum(base) < 400 else (40, 60, 110), 8
            )
        _clothes(rng, colours, base)
    return Instance(kind, variant, colours, other, *_textures(rng, kind, base, other))


def _base_colours(rng: np.random.Generator, kind: str) -> tuple[Rgb, Rgb]:
    """Main and second colour; the light or dark, warm or cold of it is the individual's."""
    if kind in _ANIMALS:
        shares = np.array([coat[2 + _ANIMALS.index(kind)] for coat in _COATS.values()])
        base, other, *_ = list(_COATS.values())[rng.choice(len(shares), p=shares / shares.sum())]
    elif kind in _OTHERS:
        base = other = _OTHERS[kind][rng.integers(len(_OTHERS[kind]))]
    else:
        shares = np.array([share.get(kind, 0.0) for _, share in _PAINTS.values()])
        base = other = list(_PAINTS.values())[rng.choice(len(shares), p=shares / shares.sum())][0]
    shift = rng.normal(0, 16) + rng.normal(0, 9, 3)
    light, dark = (np.clip(np.asarray(rgb) + shift, 14, 244) for rgb in (base, other))
    return (light[0], light[1], light[2]), (dark[0], dark[1], dark[2])


def _jitter(rng: np.random.Generator, rgb: Rgb, spread: float) -> Rgb:
    bright = rng.normal(0, spread)
    r, g, b = np.clip(np.asarray(rgb) + bright + rng.normal(0, spread / 2, 3), 8, 247)
    return float(r), float(g), float(b)


def _coat_colours(
    rng: np.random.Generator,
    colours: dict[str, Rgb],
    base: Rgb,
    other: Rgb,
) -> None:
    colours["coat"] = base
    dark = (42, 34, 30)
    manes = (dark, dark, other) if sum(base) < 420 else (dark, other, (220, 206, 176))
    colours["mane"] = _jitter(rng, manes[rng.integers(3)], 6)
    r, g, b = (round(0.45 * c + 0.55 * 236) for c in base)
    colours["belly"] = _jitter(rng, (r, g, b) if rng.random() < 0.6 else base, 6)
    eyes = ((196, 178, 60), (112, 168, 84), (204, 132, 44))
    colours["eye"] = _jitter(rng, eyes[rng.integers(3)], 6)


def _clothes(
    rng: np.random.Generator,
    colours: dict[str, Rgb],
    base: Rgb,
) -> None:
    skins = ((232, 190, 160), (198, 146, 110), (122, 82, 58))
    hair = ((44, 34, 28), (106, 74, 44), (178, 146, 92))
    trousers = ((52, 60, 86), (58, 54, 52), (142, 126, 100))
    colours["shirt"] = _jitter(rng, base, 10)
    colours["skin"] = _jitter(rng, skins[rng.integers(3)], 6)
    colours["hair"] = _jitter(rng, hair[rng.integers(3)], 6)
    colours["trousers"] = _jitter(rng, trousers[rng.integers(3)], 8)


def _textures(rng: np.random.Generator, kind: str, base: Rgb, other: Rgb) -> tuple[Array, Array]:
    shape = (TEXTURE, TEXTURE)
    rough = octaves(rng, shape, (22, 22), 3)
    if kind == "cat":  # stripes across the body, bent by noise
        x = np.arange(TEXTURE, dtype=np.float32)[None] / rng.uniform(1.8, 2.6)
        wave = np.sin(x + 2.2 * octaves(rng, shape, (40, 40), 2))
        pattern = np.clip(0.5 + 1.2 * wave - 0.3, 0, 1)
    else:
        pattern = np.clip(0.5 + 1.5 * rough, 0, 1)
    if abs(sum(base) - sum(other)) > 250:  # patches of black and white
        pattern = (octaves(rng, shape, (46, 46), 2) > 0.12).astype(np.float32)
    strength = 0.14 if kind in _ANIMALS else 0.06
    grain = strength * octaves(rng, shape, (9, 9), 2) + 0.5 * strength * rough
    return pattern.astype(np.float32), grain.astype(np.float32)

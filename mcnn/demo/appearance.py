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

_TRAITS = ("build", "stride", "neck", "style", "bank", "pose")
_COATS: dict[str, tuple[tuple[tuple[int, int, int], tuple[int, int, int]], ...]] = {
    # (coat, its second colour): bay, chestnut, dark bay, grey, black, palomino, pinto
    "horse": (
        ((124, 78, 46), (100, 58, 34)),
        ((150, 84, 44), (128, 66, 34)),
        ((84, 54, 38), (60, 38, 28)),
        ((176, 172, 166), (136, 134, 132)),
        ((52, 46, 44), (34, 30, 30)),
        ((200, 160, 100), (178, 134, 78)),
        ((128, 80, 50), (228, 222, 210)),
    ),
    # ginger tabby, grey tabby, black, white, tortoiseshell, cream, black and white
    "cat": (
        ((214, 138, 66), (160, 88, 36)),
        ((142, 136, 126), (84, 78, 72)),
        ((46, 44, 46), (30, 28, 30)),
        ((228, 224, 216), (200, 194, 184)),
        ((118, 76, 46), (46, 36, 32)),
        ((216, 186, 146), (184, 148, 108)),
        ((48, 46, 48), (226, 222, 216)),
    ),
}
_PAINTS: dict[str, tuple[tuple[int, int, int], ...]] = {
    "car": (
        (178, 36, 34), (40, 74, 142), (206, 206, 204), (140, 144, 148), (44, 46, 50),
        (58, 104, 66), (222, 180, 54), (112, 70, 48), (92, 150, 184),
    ),
    "boat": (
        (232, 230, 224), (36, 58, 110), (166, 42, 40), (120, 82, 52), (52, 104, 100),
        (208, 200, 184), (60, 62, 66), (206, 160, 62),
    ),
    "aeroplane": (
        (234, 234, 236), (206, 210, 214), (164, 170, 176), (112, 122, 108), (222, 190, 70),
        (186, 52, 46), (84, 96, 120), (238, 232, 214),
    ),
    "box": ((168, 128, 82), (120, 92, 66), (70, 92, 140), (150, 60, 52), (110, 130, 96)),
    "ball": ((214, 60, 48), (236, 200, 60), (60, 110, 190), (230, 226, 218), (80, 160, 90)),
    "bottle": ((40, 92, 58), (98, 62, 30), (58, 96, 130), (170, 190, 176), (120, 30, 40)),
    "person": ((150, 46, 44), (50, 74, 128), (214, 208, 196), (64, 64, 66), (188, 148, 60)),
}  # fmt: skip
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
    colours: dict[str, tuple[float, float, float]]
    second: tuple[float, float, float]
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
    if kind in _COATS:
        coats = _COATS[kind]
        which = int(rng.integers(len(coats)))
        base, other = coats[which]
        _coat_colours(rng, colours, kind, base, other)
    else:
        base = _PAINTS[kind][rng.integers(len(_PAINTS[kind]))]
        other = base
        colours["paint"] = _jitter(rng, base, 12)
        if np.abs(np.subtract(colours["stripe"], colours["paint"])).sum() < 120:
            colours["stripe"] = _jitter(rng, (236, 232, 224) if sum(base) < 400 else (40, 60, 110), 8)
        _clothes(rng, colours, base)
    second = _jitter(rng, other, 8)
    return Instance(kind, variant, colours, second, *_textures(rng, kind, base, other))


def _jitter(
    rng: np.random.Generator, rgb: tuple[int, int, int], spread: float
) -> tuple[float, float, float]:
    bright = rng.normal(0, spread)
    r, g, b = np.clip(np.asarray(rgb) + bright + rng.normal(0, spread / 2, 3), 8, 247)
    return float(r), float(g), float(b)


def _coat_colours(
    rng: np.random.Generator,
    colours: dict[str, tuple[float, float, float]],
    kind: str,
    base: tuple[int, int, int],
    other: tuple[int, int, int],
) -> None:
    colours["coat"] = _jitter(rng, base, 8)
    dark = (42, 34, 30)
    manes = ((dark, dark, other) if sum(base) < 420 else (dark, other, (220, 206, 176)))
    colours["mane"] = _jitter(rng, manes[rng.integers(3)], 6)
    pale = tuple(int(0.45 * c + 0.55 * 236) for c in base)
    chest = pale if rng.random() < 0.6 else base
    colours["belly"] = _jitter(rng, (chest[0], chest[1], chest[2]), 6)
    eyes = ((196, 178, 60), (112, 168, 84), (204, 132, 44))
    colours["eye"] = _jitter(rng, eyes[rng.integers(3)], 6)
    del kind


def _clothes(
    rng: np.random.Generator,
    colours: dict[str, tuple[float, float, float]],
    base: tuple[int, int, int],
) -> None:
    skins = ((232, 190, 160), (198, 146, 110), (122, 82, 58))
    hair = ((44, 34, 28), (106, 74, 44), (178, 146, 92))
    trousers = ((52, 60, 86), (58, 54, 52), (142, 126, 100))
    colours["shirt"] = _jitter(rng, base, 10)
    colours["skin"] = _jitter(rng, skins[rng.integers(3)], 6)
    colours["hair"] = _jitter(rng, hair[rng.integers(3)], 6)
    colours["trousers"] = _jitter(rng, trousers[rng.integers(3)], 8)


def _textures(
    rng: np.random.Generator, kind: str, base: tuple[int, int, int], other: tuple[int, int, int]
) -> tuple[Array, Array]:
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
    strength = 0.14 if kind in _COATS else 0.06
    grain = strength * octaves(rng, shape, (9, 9), 2) + 0.5 * strength * rough
    return pattern.astype(np.float32), grain.astype(np.float32)

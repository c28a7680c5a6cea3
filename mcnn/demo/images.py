"""Still images with ground truth: other individuals, places and poses than in the videos."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mcnn.demo.appearance import draw_instance
from mcnn.demo.effects import add_object, footing
from mcnn.demo.geometry import Array
from mcnn.demo.noise import octaves
from mcnn.demo.plan import DEMO_CLASSES, stream
from mcnn.demo.raster import GROUND, Pose
from mcnn.demo.scenes import SCENE_TYPES, SCENES_OF, Camera, Scene
from mcnn.demo.shots import SIZES, contact_row, draw_look, fitting_scene, fitting_size
from mcnn.demo.videos import expose
from mcnn.label_space import VOC_CLASSES

UNUSUAL = 0.25
"""Share of the images with a scene of any type, whether or not its class belongs there."""

SECOND = {"other class": 0.22, "person": 0.12, "bottle": 0.08, "ball": 0.05, "box": 0.05}
"""Probability of a second thing in an image: an object of another class, one of a VOC class that
no video is tagged with, or something of no class."""

_MIN_VISIBLE = 40
"""Visible pixels below which an object is not listed."""


@dataclass(frozen=True)
class Still:
    """An image.

    Parameters
    ----------
    image
        uint8 (H, W, 3).
    labels
        uint8 (H, W): VOC indices, 255 along the outlines of objects.
    objects
        Class and box (xmin, ymin, xmax, ymax; pixels from 1, inclusive) of each object.
    """

    image: Array
    labels: Array
    objects: tuple[tuple[str, tuple[int, int, int, int]], ...]


def render_image(
    seed: int, number: int, height: int, width: int, classes: Sequence[str] = DEMO_CLASSES
) -> Still:
    """Render image `number` (from 0) of the world; its class is the number modulo the classes."""
    rng = stream(seed, 7, number)
    tag = classes[number % len(classes)]
    if rng.random() < 0.12:
        height, width = width, height
    target = draw_instance(rng, tag)
    usual = SCENES_OF[tag]
    if rng.random() < UNUSUAL:
        kind = str(rng.choice([name for name in SCENE_TYPES if name != "sky" or name in usual]))
    else:
        kind = str(rng.choice(list(usual), p=list(usual.values())))
    scene = fitting_scene(rng, target, kind, height, width)
    camera = Camera(float(rng.uniform(-0.4, 0.4) * width), 0.0, float(rng.uniform(0.9, 1.2)))
    picture = scene.draw(camera, float(rng.uniform(0, 40)))
    second = _second(rng, tag, classes)
    if scene.kind == "sky" and second != "ball":  # nothing else that is drawn flies
        second = None
    side = rng.choice([-1.0, 1.0])
    kinds = [(tag, target)]
    if second is not None:
        kinds.insert(int(rng.integers(2)), (second, draw_instance(rng, second)))
    texture = octaves(rng, (height, width), (height / 6, width / 5), 3)
    owner = np.zeros((height, width), np.uint8)
    for k, (name, instance) in enumerate(kinds, 1):
        offset = 0.0 if len(kinds) == 1 else side * (0.2 if k == 1 else -0.2)
        pose = _pose(rng, name, scene, offset, 1.2 if len(kinds) == 1 else 0.85)
        drawn = add_object(picture, instance, pose, scene.kind, 0.6, texture)
        owner[drawn.alpha >= 0.5] = k
    image = expose(picture, draw_look(rng), rng)
    names = [name for name, _ in kinds]
    return Still(image, _labels(owner, names), _boxes(owner, names))


def _second(rng: np.random.Generator, tag: str, classes: Sequence[str]) -> str | None:
    drawn = rng.choice([*SECOND, "none"], p=[*SECOND.values(), 1 - sum(SECOND.values())])
    if drawn == "other class":
        others = [name for name in classes if name != tag]
        return str(rng.choice(others)) if others else None
    return None if drawn == "none" else str(drawn)


def _pose(rng: np.random.Generator, kind: str, scene: Scene, offset: float, scale: float) -> Pose:
    size = rng.uniform(*SIZES[kind]) * scale * min(scene.width, 1.25 * scene.height)
    x = (0.5 + offset + rng.uniform(-0.1, 0.1)) * scene.width
    if kind in GROUND and scene.kind != "sky":
        contact = contact_row(rng, scene) * scene.height
        size = fitting_size(kind, size, contact)
        y = contact - footing(kind, scene.kind) * size
        angle = rng.normal(0, 0.04)
    else:
        y = rng.uniform(0.35, 0.65) * scene.height
        angle = rng.normal(0, 0.15)
    mirrored, phase = bool(rng.random() < 0.5), float(rng.uniform(0, 2 * np.pi))
    return Pose(float(x), float(y), float(size), float(angle), mirrored, phase)


def _labels(owner: Array, names: list[str]) -> Array:
    index = [VOC_CLASSES.index(name) + 1 if name in VOC_CLASSES else 0 for name in names]
    labels = np.array([0, *index], np.uint8)[owner]
    # VOC leaves a seam unlabelled where an object meets anything else.
    seam = np.zeros(owner.shape, bool)
    for axis in (0, 1):
        differs = np.diff(labels.astype(np.int16), axis=axis) != 0
        before, after = ((slice(None),) * axis + (s,) for s in (slice(None, -1), slice(1, None)))
        seam[before] |= differs
        seam[after] |= differs
    return np.where(seam, np.uint8(255), labels)


def _boxes(owner: Array, names: list[str]) -> tuple[tuple[str, tuple[int, int, int, int]], ...]:
    found = []
    for k, name in enumerate(names, 1):
        if name in VOC_CLASSES and (owner == k).sum() >= _MIN_VISIBLE:
            found.append((name, box_of(owner == k)))
    return tuple(found)


def box_of(mask: Array) -> tuple[int, int, int, int]:
    """Box (xmin, ymin, xmax, ymax) of a mask with at least one pixel; from 1, inclusive."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return int(columns[0]) + 1, int(rows[0]) + 1, int(columns[-1]) + 1, int(rows[-1]) + 1

"""Rendering shots: frames, motion masks and ground truth."""

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np

from mcnn.demo.effects import Effects, add_object
from mcnn.demo.geometry import Array
from mcnn.demo.motion_errors import draw_errors, draw_lapses, flood, segment
from mcnn.demo.noise import octaves
from mcnn.demo.plan import DEMO_CLASSES, ShotPlan, stream
from mcnn.demo.raster import SHAPES, Drawn
from mcnn.demo.shots import Look, Shot, draw_shot


class Frame(NamedTuple):
    """A frame uint8 (H, W, 3), its motion mask and the true mask of the object, bool (H, W)."""

    image: Array
    motion: Array
    truth: Array


def expose(picture: Array, look: Look, rng: np.random.Generator) -> Array:
    """Photograph a picture float32 (H, W, 3): light, blur and noise; uint8 (H, W, 3)."""
    picture = picture * (np.asarray(look.cast, np.float32) * np.float32(look.gain))
    if look.blur:
        picture = cv2.GaussianBlur(picture, (0, 0), look.blur)
    picture += look.noise * rng.standard_normal(picture.shape, np.float32)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def render_shot(seed: int, plan: ShotPlan, kind: str, height: int, width: int) -> Iterator[Frame]:
    """Render the frames of a shot in order.

    Parameters
    ----------
    seed
        Seed of the world.
    plan
        The planned shot.
    kind
        Its kind, or that of the shot it repeats.
    height, width
        Size of the frames.
    """
    shot = draw_shot(seed, plan, kind, height, width)
    c = DEMO_CLASSES.index(plan.tag)
    rng = stream(seed, 6, c, plan.number)
    texture = octaves(rng, (height, width), (height / 6, width / 5), 3)
    segmenter = _Segmenter(rng, shot, kind, len(shot.cameras), (height, width))
    for t, camera in enumerate(shot.cameras):
        picture = shot.scene.draw(camera, t)
        seen: dict[str, tuple[Drawn, Effects]] = {}
        for name, actor in shot.actors.items():
            drawn, effects = add_object(
                picture, actor.instance, actor.poses[t], shot.scene.kind, actor.speed, texture
            )
            seen = {key: (_hide(old, drawn), e) for key, (old, e) in seen.items()}
            seen[name] = (drawn, effects)
        truth = np.zeros((height, width), bool)
        if "target" in seen:
            truth = seen["target"][0].alpha >= 0.5
        yield Frame(expose(picture, shot.look, rng), segmenter.mask(seen, t), truth)


def _hide(behind: Drawn, front: Drawn) -> Drawn:
    visible = front.alpha < 0.5
    return behind._replace(
        alpha=behind.alpha * (1 - front.alpha), parts=np.where(visible, behind.parts, 0)
    )


class _Segmenter:
    """The imitation of motion segmentation for one shot."""

    def __init__(
        self, rng: np.random.Generator, shot: Shot, kind: str, n: int, shape: tuple[int, int]
    ) -> None:
        self.shot, self.kind, self.shape = shot, kind, shape
        self.errors = {}
        for name, actor in shot.actors.items():
            parts = SHAPES[actor.instance.kind](actor.instance.variant, 0.0)
            names = tuple(dict.fromkeys(part.name for part in parts))
            still = name == "target" and kind == "static"
            self.errors[name] = draw_errors(
                rng, actor.instance.kind, names, max(shape), only_parts=still
            )
        self.lapses = draw_lapses(rng, n)
        self.cover = rng.uniform(0.62, 0.9) + 0.1 * np.sin(0.3 * np.arange(n) + rng.uniform(0, 6))
        if kind == "static":  # now and then something stirs
            wake = np.sin(2 * np.pi * np.arange(n) / rng.uniform(12, 40) + rng.uniform(0, 6))
            self.lapses[wake < 0.7] = 1
        bumps_shape = (2 * max(shape), 2 * max(shape))
        cell = (max(shape) * 0.3, max(shape) * 0.3)
        self.bumps = octaves(rng, bumps_shape, cell, 2), octaves(rng, bumps_shape, cell, 2)

    def mask(self, seen: dict[str, tuple[Drawn, Effects]], t: int) -> Array:
        """Segment frame t; bool (H, W)."""
        if self.lapses[t] == 1 and not (self.kind == "static" and "distractor" in seen):
            return np.zeros(self.shape, bool)
        mask = np.zeros(self.shape, bool)
        if self.lapses[t] == 2 or self.kind == "shake":
            mask = flood(self.bumps, t, float(self.cover[t]), self.shape)
        for name, (drawn, effects) in seen.items():
            pose = self.shot.actors[name].poses[t]
            mask |= segment(self.errors[name], drawn, effects, pose, t)
        return mask

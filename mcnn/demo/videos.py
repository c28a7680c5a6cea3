"""Rendering shots: frames and ground truth."""

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np

from mcnn.demo.effects import add_object
from mcnn.demo.geometry import Array
from mcnn.demo.noise import octaves
from mcnn.demo.plan import DEMO_CLASSES, ShotPlan, stream
from mcnn.demo.shots import Look, draw_shot


class Frame(NamedTuple):
    """A frame uint8 (H, W, 3), and the true mask of the object, bool (H, W)."""

    image: Array
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
    for t, camera in enumerate(shot.cameras):
        picture = shot.scene.draw(camera, t)
        truth = np.zeros((height, width), bool)
        for name, actor in shot.actors.items():
            drawn = add_object(
                picture, actor.instance, actor.poses[t], shot.scene.kind, actor.speed, texture
            )
            visible = drawn.alpha >= 0.5
            truth = visible if name == "target" else truth & ~visible
        yield Frame(expose(picture, shot.look, rng), truth)

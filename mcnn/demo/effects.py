"""Objects in their surroundings, and what they do to them: shadow, wake and dust.

The effects are seen in the frames, and motion segmentation tends to take them for the object.
"""

import cv2
import numpy as np

from mcnn.demo.appearance import Instance
from mcnn.demo.geometry import Array, ellipse, points
from mcnn.demo.raster import GROUND, Drawn, Pose, paint

Effects = dict[str, Array]

WATERS = ("sea", "river")
"""Scene types whose ground is water."""

_DEPTHS = {
    "person": 0.42, "ball": 0.18, "box": 0.2, "horse": 0.2, "cat": 0.12, "car": 0.1, "bottle": 0.25,
}  # fmt: skip


_SHADOWS = {"horse": 0.42, "cat": 0.4, "car": 0.52, "boat": 0.4, "person": 0.2, "bottle": 0.2}


def footing(kind: str, scene: str) -> float:
    """How far below its origin an object meets the ground, or the surface of water that it
    sinks into; in its units."""
    return GROUND[kind] - (_DEPTHS.get(kind, 0.0) if scene in WATERS else 0.0)


def effects_of(kind: str, pose: Pose, scene: str, speed: float, shape: tuple[int, int]) -> Effects:
    """Regions touched by an object.

    Parameters
    ----------
    kind
        Class or distractor.
    pose
        Its pose in the picture.
    scene
        Scene type.
    speed
        Its speed in pixels per frame; wake and dust grow with it.
    shape
        Height and width.

    Returns
    -------
    Effects
        float32 (H, W) within 0 to 1 by name: shadow, wake, dust.
    """
    if kind not in GROUND:
        return {}
    foot = GROUND[kind]
    if kind == "boat" and scene in WATERS:
        push = min(1.0, 0.4 + 0.5 * abs(speed))
        end = -0.45 - 0.35 * push
        trail = points(-0.3, 0.16, end, 0.19, end - 0.1, 0.31, -0.2, 0.28)
        foam = points(-0.46, 0.19, 0.44, 0.17, 0.5, 0.24, 0.1, 0.27, -0.46, 0.28)
        wake = np.maximum(_blob(trail, pose, shape, 0.03), _blob(foam, pose, shape, 0.02))
        return {"wake": wake * push}
    if scene == "sky":
        return {}
    if scene in WATERS:
        ring = ellipse(0, footing(kind, scene), 0.3, 0.035)
        return {"wake": 0.7 * _blob(ring, pose, shape, 0.03)}
    width = _SHADOWS.get(kind, 0.36)
    found = {"shadow": _blob(ellipse(-0.06, foot, width, 0.065), pose, shape, 0.03)}
    if kind == "horse" and scene in ("field", "sand") and abs(speed) > 0.4:
        cloud = ellipse(-0.36, foot - 0.05, 0.28, 0.1)
        found["dust"] = 0.8 * _blob(cloud, pose, shape, 0.06)
    return found


def add_object(
    picture: Array, instance: Instance, pose: Pose, scene: str, speed: float, texture: Array
) -> Drawn:
    """Paint an object with its effects onto a picture float32 (H, W, 3) in place.

    `scene`, `speed` and `texture` are those of `effects_of` and `apply_effects`. What is no boat
    sinks into water up to its middle.
    """
    kind = instance.kind
    effects = effects_of(kind, pose, scene, speed, texture.shape)
    drawn = paint(instance, pose, texture.shape)
    if scene in WATERS and kind in _DEPTHS:
        surface = pose.y + footing(kind, scene) * pose.size
        above = np.clip(surface - np.arange(len(picture), dtype=np.float32), 0, 1)[:, None]
        drawn = drawn._replace(rgb=drawn.rgb * above[..., None], alpha=drawn.alpha * above)
    apply_effects(picture, effects, texture)
    picture *= 1 - drawn.alpha[..., None]
    picture += drawn.rgb
    return drawn


def _blob(outline: Array, pose: Pose, shape: tuple[int, int], softness: float) -> Array:
    region = np.zeros(shape, np.float32)
    matrix = pose.matrix()
    fixed = np.round((outline @ matrix[:, :2].T + matrix[:, 2]) * 16).astype(np.int32)
    cv2.fillPoly(region, [fixed], 1.0, lineType=cv2.LINE_AA, shift=4)
    return cv2.GaussianBlur(region, (0, 0), max(0.8, softness * pose.size))


def apply_effects(picture: Array, effects: Effects, texture: Array) -> None:
    """Draw effects onto a picture in place.

    Parameters
    ----------
    picture
        float32 (H, W, 3), 0 to 255.
    effects
        Regions by name.
    texture
        float32 (H, W) around 0, the unevenness of foam and dust.
    """
    if "shadow" in effects:
        picture *= 1 - 0.5 * effects["shadow"][..., None]
    if "wake" in effects:
        foam = np.clip(effects["wake"] * (0.62 + 0.5 * texture), 0, 0.95)[..., None]
        picture += foam * (np.array([228, 234, 236], np.float32) - picture)
    if "dust" in effects:
        cloud = np.clip(effects["dust"] * (0.5 + 0.3 * texture), 0, 0.8)[..., None]
        picture += cloud * (np.array([186, 164, 130], np.float32) - picture)

"""Motion masks with the errors of motion segmentation, not with noise.

What is wrong lasts over a shot and changes slowly: parts that move little are missed, what moves
along with the object (shadow, wake, dust) or lies beside it sticks to it, boundaries are smooth
and follow no edge, some frames come out empty or nearly full. Much of it is systematic in a class
(a boat comes with its wake, a horse without its legs), as on real videos: errors that differ from
video to video average out in training, those do not.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np

from mcnn.demo.effects import Effects
from mcnn.demo.geometry import Array
from mcnn.demo.noise import octaves
from mcnn.demo.raster import Drawn, Pose

MISSED: dict[str, dict[str, float]] = {
    "aeroplane": {"wings": 0.75, "fin": 0.5},
    "boat": {"sail": 0.25, "hull": 0.05},
    "car": {"wheels": 0.6, "windows": 0.25},
    "cat": {"tail": 0.8, "legs": 0.4, "head": 0.2},
    "horse": {"legs": 0.85, "head": 0.35, "tail": 0.6},
    "person": {"legs": 0.4, "arms": 0.5, "head": 0.15},
    "box": {"wheels": 0.6},
    "ball": {},
}
"""Probability that a shot's masks miss a part."""

STUCK: dict[str, dict[str, float]] = {
    "boat": {"wake": 0.85},
    "car": {"shadow": 0.85},
    "cat": {"shadow": 0.6},
    "horse": {"shadow": 0.3, "dust": 0.5},
    "person": {"shadow": 0.5},
    "box": {"shadow": 0.5},
    "ball": {"shadow": 0.5},
}
"""Probability that a shot's masks include an effect of the object."""

HALO = {"aeroplane": 0.7}
"""Probability that a strip of background on one side sticks to the object; others 0.25."""


_LOOSE = ("head", "legs", "tail", "sail", "wheels", "arms")


@dataclass(frozen=True)
class Slow:
    """A quantity that swings slowly around a mean."""

    mean: float
    swing: float
    period: float
    start: float

    def at(self, time: float) -> float:
        """Its value at a time (frames)."""
        return self.mean + self.swing * float(np.sin(2 * np.pi * time / self.period + self.start))


@dataclass(frozen=True)
class ObjectErrors:
    """What a shot's masks get wrong about one moving object.

    Weights are 1 for what is segmented and 0 for what is missed; all lengths are in its units.
    """

    parts: dict[str, Slow]
    effects: dict[str, Slow]
    halo: tuple[float, float] | None
    blob: tuple[float, float, float] | None
    threshold: Slow
    bumps: tuple[Array, Array] = field(repr=False)


def slow(rng: np.random.Generator, mean: float, swing: float) -> Slow:
    """Draw a slowly swinging quantity."""
    return Slow(mean, swing, float(rng.uniform(14, 50)), float(rng.uniform(0, 2 * np.pi)))


def draw_errors(
    rng: np.random.Generator, kind: str, names: tuple[str, ...], side: int, *, only_parts: bool
) -> ObjectErrors:
    """Draw the errors about an object for a shot.

    Parameters
    ----------
    rng
        Source of randomness.
    kind
        Class or distractor.
    names
        Names of its parts.
    side
        Longer side of the frame, in pixels.
    only_parts
        Whether the body stands still, so that only what moves by itself is seen: head, legs,
        tail, sail or wheels, one of them in a shot.
    """
    if only_parts:
        loose = [name for name in names if name in _LOOSE]
        moving = loose[rng.integers(len(loose))] if loose else ""
        parts = {name: slow(rng, 0.75 if name == moving else 0.0, 0.2) for name in names}
        effects = {}
    else:
        missed = MISSED[kind]
        parts = {
            name: slow(rng, *((0.2, 0.3) if rng.random() < missed.get(name, 0) else (1.0, 0.12)))
            for name in names
        }
        stuck = STUCK.get(kind, {})
        effects = {
            name: slow(rng, *((0.95, 0.15) if rng.random() < stuck[name] else (0.1, 0.15)))
            for name in stuck
        }
    angle, reach = rng.uniform(0, 2 * np.pi), rng.uniform(0.04, 0.08)
    halo = (float(reach * np.cos(angle)), float(reach * np.sin(angle)))
    has_halo = rng.random() < HALO.get(kind, 0.25) and not only_parts
    x, y, radius = rng.uniform((-0.5, -0.3, 0.07), (0.5, 0.3, 0.12))
    blob = (float(x), float(y), float(radius))
    has_blob = rng.random() < 0.25 and not only_parts
    shape = (2 * side, 2 * side)
    cell = (side * 0.14, side * 0.14)
    bumps = octaves(rng, shape, cell, 2), octaves(rng, shape, cell, 2)
    threshold = slow(rng, float(rng.uniform(0.44, 0.6)), 0.06)
    return ObjectErrors(
        parts, effects, halo if has_halo else None, blob if has_blob else None, threshold, bumps
    )


def segment(errors: ObjectErrors, drawn: Drawn, effects: Effects, pose: Pose, time: float) -> Array:
    """Segment one moving object as its errors have it.

    Parameters
    ----------
    errors
        The shot's errors about the object.
    drawn
        The object as painted.
    effects
        Its effects in the frame.
    pose
        Its pose.
    time
        Frame of the shot, from 0.

    Returns
    -------
    Array
        bool (H, W), the motion mask.
    """
    weights = [0.0] + [min(1.0, errors.parts[name].at(time)) for name in drawn.names]
    evidence: Array = np.array(weights, np.float32)[drawn.parts]
    if errors.halo is not None:
        matrix = pose.matrix()[:, :2]
        shift = np.column_stack([np.eye(2), matrix @ errors.halo])
        moved = cv2.warpAffine(evidence, shift, evidence.shape[::-1])
        evidence = np.maximum(evidence, 0.9 * moved)
    for name, region in effects.items():
        if name in errors.effects:
            evidence = np.maximum(evidence, errors.effects[name].at(time) * region)
    if errors.blob is not None:
        x, y, radius = errors.blob
        centre = pose.place(x, y)
        disc = np.zeros_like(evidence)
        size = max(1, round(radius * pose.size))
        cv2.circle(disc, (round(centre[0]), round(centre[1])), size, 0.9, -1)
        evidence = np.maximum(evidence, disc)
    evidence = cv2.GaussianBlur(evidence, (0, 0), max(1.2, 0.034 * pose.size))
    bump = _bumps(errors.bumps, pose, time, evidence.shape)
    reach = np.clip(evidence * 6, 0, 1)  # nothing grows out of nothing
    return evidence + 0.26 * bump * reach > errors.threshold.at(time)


def _bumps(bumps: tuple[Array, Array], pose: Pose, time: float, shape: tuple[int, ...]) -> Array:
    # They move along with the object and turn into one another, so that frames resemble the last.
    angle = 0.09 * time
    mixed = np.cos(angle) * bumps[0] + np.sin(angle) * bumps[1]
    side = mixed.shape[0] / 2
    move = np.array([[1, 0, side - pose.x], [0, 1, side - pose.y]])
    return cv2.warpAffine(
        mixed, move, shape[::-1], flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT,
    )  # fmt: skip


def draw_lapses(rng: np.random.Generator, n: int) -> Array:
    """Draw the frames of a shot in which segmentation fails, uint8 (n,): 0 fine, 1 empty, 2 full.

    A lapse lasts a few frames and mostly lies near an end of the shot.
    """
    lapses = np.zeros(n, np.uint8)
    for value, probability in ((1, 0.3), (2, 0.15)):
        if rng.random() < probability:
            length = int(rng.integers(1, 5))
            at_end = rng.random() < 0.75
            place = rng.uniform(0, 0.12) if at_end else rng.uniform(0.2, 0.7)
            first = int(place * n)
            first = n - first - length if at_end and rng.random() < 0.5 else first
            lapses[max(0, first) : first + length] = value
    return lapses


def flood(bumps: tuple[Array, Array], time: float, cover: float, shape: tuple[int, int]) -> Array:
    """Mask bool (H, W) that covers about a share `cover` of the frame in large blobs."""
    pose = Pose(shape[1] / 2, shape[0] / 2, 1.0)
    field = cv2.GaussianBlur(_bumps(bumps, pose, time, shape), (0, 0), 3)
    return field > np.quantile(field, 1 - np.clip(cover, 0.02, 0.99))

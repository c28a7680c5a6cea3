"""Which videos, shots and images there are, before anything is drawn."""

from dataclasses import dataclass
from typing import get_args

import numpy as np

from mcnn.config.demo import Demo, DemoClass

DEMO_CLASSES = get_args(DemoClass)
"""Classes that can be drawn."""

KINDS: dict[str, float] = {
    "good": 0.25,
    "static": 0.12,
    "absent": 0.30,
    "duplicate": 0.15,
    "both": 0.13,
    "shake": 0.05,
}
"""Share of each kind of shot among the shots of a class.

- good: the object moves.
- static: it stands still or only the camera moves; now and then a distractor passes.
- absent: a distractor moves, and the tag's object is not there.
- duplicate: nearly the same as another shot of the video.
- both: the object and a distractor move.
- shake: the camera shakes.

The shares imitate what is hard in YouTube-Objects: many shots in which what moves is not the
object, or not it alone, and nearly identical shots in a video.
"""

SHORT = 0.08
"""Share of the shots that are shorter than the 20 frames that pruning asks for."""


@dataclass(frozen=True)
class ShotPlan:
    """A shot: its class, the number of its video, its own number in the class (both from 0), its
    kind, the number of the shot it shows again (else its own), and its first and last frame."""

    tag: str
    video: int
    number: int
    kind: str
    original: int
    first: int
    last: int


def stream(seed: int, *key: int) -> np.random.Generator:
    """Make the random stream of one thing, the same in whatever order things are drawn."""
    return np.random.default_rng([seed, *key])


def plan_shots(settings: Demo) -> list[ShotPlan]:
    """Draw the kinds and lengths of all shots.

    Each class gets the kinds in the proportions of `KINDS` (largest remainders), shuffled over
    its videos; a duplicate follows a shot of its video that shows the moving object, and where
    there is none it becomes a good shot.
    """
    shots: list[ShotPlan] = []
    for tag in settings.classes:
        rng = stream(settings.seed, 1, DEMO_CLASSES.index(tag))
        per_video = settings.shots_per_video
        kinds = rng.permutation(_deck(settings.videos_per_class * per_video)).tolist()
        frame = 1
        for number, drawn in enumerate(kinds):
            video = number // per_video
            kind, original = drawn, number
            if kind == "duplicate":
                before = range(video * per_video, number)
                twins = [k for k in before if kinds[k] in ("good", "both")]
                kind, original = (kind, int(rng.choice(twins))) if twins else ("good", number)
            kinds[number] = kind
            short = rng.random() < SHORT
            length = int(rng.integers(10, 20) if short else rng.integers(22, 36))
            shots.append(ShotPlan(tag, video, number, kind, original, frame, frame + length - 1))
            frame += length
    return shots


def _deck(n: int) -> list[str]:
    exact = {kind: share * n for kind, share in KINDS.items()}
    counts = {kind: int(share) for kind, share in exact.items()}
    by_remainder = sorted(KINDS, key=lambda kind: counts[kind] - exact[kind])
    for kind in by_remainder[: n - sum(counts.values())]:
        counts[kind] += 1
    return [kind for kind, count in counts.items() for _ in range(count)]

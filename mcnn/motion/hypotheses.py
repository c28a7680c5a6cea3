"""What another hypothesis of what moves is good for."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mcnn.config.motion import MotionSegmentation
from mcnn.motion.appearance import mixtures
from mcnn.motion.components import boundary_contrast
from mcnn.motion.superpixels import Superpixels

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

BETTER_CONTRAST = 1.6
"""How many times the contrast of a mask has to be to be taken for another one, if they are akin."""

FAR_BETTER_CONTRAST = 4
"""The same, if they are not."""

CLEAR_CONTRAST = 3
"""Least contrast of a mask that is taken for one that it is not akin to."""

AKIN = 0.45
"""Share of the larger of two masks that akin ones have in common."""

AGREEMENT = 0.7
"""Share of a mask that the other hypothesis has to have, too, for its doubts to count."""


def outdoes(
    frames: Sequence[Superpixels],
    motions: Sequence[Floats | None],
    others: Sequence[Bools],
    labels: Sequence[Bools],
) -> bool:
    """Whether another hypothesis is the better one, by the contrast of the motion at its boundary.

    Masks with little in common with the labels may be a part of the object that moves more than the
    rest, as a horse's legs, or the faster one of two objects; both have more contrast, too.

    Parameters
    ----------
    frames, motions
        See `mcnn.motion.components.boundary_contrast`.
    others, labels
        For each frame ``(n_t,)`` bool.

    Returns
    -------
    bool
        Whether the contrast is more than `BETTER_CONTRAST` times that of the labels; if less than
        `AKIN` of the larger one's area is in both, more than `FAR_BETTER_CONTRAST` times, and
        than `CLEAR_CONTRAST`.
    """
    area = np.concatenate([frame.sizes for frame in frames])
    ours, theirs = np.concatenate(labels), np.concatenate(others)
    akin = area[ours & theirs].sum() >= AKIN * max(area[ours].sum(), area[theirs].sum())
    contrast, its = (boundary_contrast(frames, motions, each) for each in (labels, others))
    if akin:
        return its > BETTER_CONTRAST * contrast
    return its > max(FAR_BETTER_CONTRAST * contrast, CLEAR_CONTRAST)


def keep_likely(
    frames: Sequence[Superpixels],
    labels: Sequence[Bools],
    doubted: Sequence[Bools],
    settings: MotionSegmentation,
) -> list[Bools]:
    """Leave out what another hypothesis does without and has the colours of the background.

    What an object encloses for a while, as the ground between its legs, is remembered like the
    object itself, but looks like what is around.

    Parameters
    ----------
    frames
        Superpixels of T frames.
    labels, doubted
        For each frame ``(n_t,)`` bool, and the same of the other hypothesis.
    settings
        Of the mixtures. They are fitted to what both hypotheses label alike.

    Returns
    -------
    list of ndarray, bool, shape (n_t,)
        The labels, if less than `AGREEMENT` of their area is in the other hypothesis.
    """
    ours, theirs = np.concatenate(labels), np.concatenate(doubted)
    area = np.concatenate([frame.sizes for frame in frames])
    both, neither = ours & theirs, ~(ours | theirs)
    if area[both].sum() < AGREEMENT * area[ours].sum() or not both.any() or not neither.any():
        return list(labels)
    foreground, background = mixtures(frames, settings)(both.astype(float), neither.astype(float))
    kept = ours & (theirs | (foreground >= background))
    return np.split(kept, np.cumsum([len(frame.sizes) for frame in frames])[:-1])

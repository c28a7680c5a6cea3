"""Foreground superpixels of a run of frames (Papazoglou & Ferrari, section 3)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mcnn.config.motion import MotionSegmentation
from mcnn.graph_cut import Minimiser
from mcnn.motion.appearance import mixtures
from mcnn.motion.components import drop_weak
from mcnn.motion.confidence import evidence
from mcnn.motion.energy import pairwise
from mcnn.motion.features import Pair
from mcnn.motion.hypotheses import keep_likely, outdoes
from mcnn.motion.location import LONG, SHORT, locate, ratios_of
from mcnn.motion.superpixels import Superpixels

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SETTLED = 1e-4
"""Labels have settled when a smaller share of the superpixels changes in a round."""

VANISHED = 0.03
"""Share of the likely foreground below which a labelling has lost it."""


@dataclass(frozen=True)
class Labelling:
    """Labels of T frames.

    Parameters
    ----------
    labels
        For each frame ``(n_t,)`` bool, true is foreground.
    moving
        Whether anything seemed to move by itself.
    fell_back
        Whether the labelling collapsed, so that the location alone decided.
    evidence
        ``(T, 3)``, see `mcnn.motion.confidence.evidence`.
    """

    labels: list[Bools]
    moving: bool
    fell_back: bool
    evidence: Floats


def label_frames(
    frames: Sequence[Superpixels], pairs: Sequence[Pair], settings: MotionSegmentation
) -> Labelling:
    """Divide the superpixels of successive frames into foreground and background.

    Parameters
    ----------
    frames
        Superpixels of T frames.
    pairs
        Of the T - 1 pairs of successive frames.
    settings
        Of location, appearance and energy.
    """
    memories = (LONG, SHORT) if settings.short_memory else (LONG,)
    locations = [np.concatenate(locate(frames, pairs, settings, each)) for each in memories]
    # Half of a sure location: less than that nowhere is nothing moving. Noise adds up where
    # everything is remembered, and does not where it is forgotten.
    if not all((location > 0.5).any() for location in locations):
        nothing = np.full((len(frames), 3), np.nan)
        return Labelling(
            [np.zeros(len(frame.sizes), bool) for frame in frames], False, False, nothing
        )
    links, motions = [pair.links for pair in pairs], [pair.motion for pair in pairs]
    edges = pairwise(
        frames,
        links,
        settings.spatial_weight,
        settings.temporal_weight,
        motions,
        settings.motion_contrast,
    )
    minimise = Minimiser(len(locations[0]), edges)
    found = [_label(frames, pairs, location, minimise, settings) for location in locations]
    labels, fell_back = found[0]
    if settings.short_memory:
        other, its_fall_back = found[1]
        if outdoes(frames, motions, other, labels):
            labels, fell_back = other, its_fall_back
        else:
            labels = keep_likely(frames, labels, other, settings)
    return Labelling(
        labels, True, fell_back, evidence(frames, links, labels, ratios_of(frames, pairs))
    )


def _label(
    frames: Sequence[Superpixels],
    pairs: Sequence[Pair],
    location: Floats,
    minimise: Minimiser,
    settings: MotionSegmentation,
) -> tuple[list[Bools], bool]:
    """The labels that a location leads to, and whether they had collapsed."""
    labels = _alternate(frames, location, minimise, settings)
    area = np.concatenate([frame.sizes for frame in frames])
    fell_back = settings.fall_back and collapsed(labels, location > 0.5, area)
    if fell_back:
        labels = minimise(*_location_costs(location, settings))
        if collapsed(labels, location > 0.5, area):
            labels = location > 0.5
    divided = np.split(labels, np.cumsum([len(frame.sizes) for frame in frames])[:-1])
    if settings.least_strength:
        links = [pair.links for pair in pairs]
        divided = drop_weak(
            frames, links, divided, ratios_of(frames, pairs), settings.least_strength
        )
    return divided, fell_back


def collapsed(labels: Bools, likely: Bools, area: NDArray[np.int64]) -> bool:
    """Whether a labelling has lost, or swallowed, most of the frames.

    Parameters
    ----------
    labels, likely
        ``(N,)`` superpixels labelled foreground, and those that the location makes foreground.
    area
        ``(N,)`` their areas in pixels.

    Returns
    -------
    bool
        Whether less than `VANISHED` of the likely foreground is left, or it has grown to more than
        half of all frames and more than thrice its size.
    """
    expected = area[likely].sum()
    found = area[labels].sum()
    return bool(area[labels & likely].sum() < VANISHED * expected) or bool(
        found > 0.5 * area.sum() and found > 3 * expected
    )


def _alternate(
    frames: Sequence[Superpixels],
    location: Floats,
    minimise: Minimiser,
    settings: MotionSegmentation,
) -> Bools:
    """Rounds of max-flow and of fitting the mixtures to the labels."""
    densities = mixtures(frames, settings)
    by_location = _location_costs(location, settings)
    if settings.appearance_init == "soft":
        weights = location**2, (1 - location) ** 2
    else:
        weights = (
            np.where(location > 0.2, location, 0),
            np.where(location < 0.05, 1 - location, 0),
        )
    labels = location > 0.5
    for _ in range(settings.rounds):
        if not all(weight.sum() > 0 for weight in weights):
            break
        by_colour = densities(*weights)
        costs = [
            by_place - settings.unary_weight * density
            for by_place, density in zip(by_location, by_colour, strict=True)
        ]
        previous, labels = labels, minimise(costs[0], costs[1])
        if (labels != previous).mean() < SETTLED:
            break
        weights = labels.astype(float), (~labels).astype(float)
    return labels


def _location_costs(location: Floats, settings: MotionSegmentation) -> tuple[Floats, Floats]:
    """Costs of foreground and background by the location alone."""
    weight = settings.unary_weight * settings.location_weight
    background = np.maximum(1 - location, 1e-6)
    return -weight * np.log(location), -weight * np.log(background)

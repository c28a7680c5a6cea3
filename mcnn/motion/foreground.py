"""Foreground superpixels of a run of frames (Papazoglou & Ferrari, section 3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mcnn.config.motion import MotionSegmentation
from mcnn.graph_cut import Minimiser
from mcnn.motion.appearance import log_densities, make_palette
from mcnn.motion.components import boundary_contrast, drop_weak
from mcnn.motion.confidence import evidence
from mcnn.motion.energy import pairwise
from mcnn.motion.features import Pair
from mcnn.motion.location import (
    normalise_by_otsu,
    normalise_by_shot,
    normalise_locally,
    propagate,
)
from mcnn.motion.superpixels import Superpixels

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SETTLED = 1e-4
"""Labels have settled when a smaller share of the superpixels changes in a round."""

VANISHED = 0.03
"""Share of the likely foreground below which a labelling has lost it."""

SURE_CONTRAST = 6.0
"""Contrast of the motion at a boundary that needs no other hypothesis."""

BETTER_CONTRAST = 1.6
"""How many times the contrast has to be for the other hypothesis to be taken."""


class Memory(NamedTuple):
    """How a location remembers what moved in other frames.

    Attributes
    ----------
    exponent
        Of the ratio: above 1, little motion counts for less.
    kept
        Share that a frame hands on to the next.
    """

    exponent: float
    kept: float


LONG = Memory(1, 1)
"""Gathers what moves little for long, as a swan does."""
SHORT = Memory(2, 0.5)
"""Keeps to what moves now: a textured ground whose parallax adds up stays out of it."""


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
    location = np.concatenate(locate(frames, pairs, settings))
    counts = [len(frame.sizes) for frame in frames]
    # Half of a sure location: less than that nowhere is nothing moving.
    if not (location > 0.5).any():
        nothing = np.full((len(frames), 3), np.nan)
        return Labelling([np.zeros(n, bool) for n in counts], False, False, nothing)
    links, motions = [pair.links for pair in pairs], [pair.motion for pair in pairs]
    edges = pairwise(
        frames,
        links,
        settings.spatial_weight,
        settings.temporal_weight,
        motions,
        settings.motion_contrast,
    )
    minimise = Minimiser(len(location), edges)
    found = _label(frames, pairs, location, minimise, settings)
    if not settings.short_memory:
        return found
    contrast = boundary_contrast(frames, motions, found.labels)
    if contrast >= SURE_CONTRAST:
        return found
    location = np.concatenate(locate(frames, pairs, settings, SHORT))
    other = _label(frames, pairs, location, minimise, settings)
    if boundary_contrast(frames, motions, other.labels) > BETTER_CONTRAST * contrast:
        return other
    return found


def _label(
    frames: Sequence[Superpixels],
    pairs: Sequence[Pair],
    location: Floats,
    minimise: Minimiser,
    settings: MotionSegmentation,
) -> Labelling:
    """The labelling that a location leads to."""
    labels = _alternate(frames, location, minimise, settings)
    area = np.concatenate([frame.sizes for frame in frames])
    fell_back = settings.fall_back and collapsed(labels, location > 0.5, area)
    if fell_back:
        labels = minimise(*_location_costs(location, settings))
        if collapsed(labels, location > 0.5, area):
            labels = location > 0.5
    divided = np.split(labels, np.cumsum([len(frame.sizes) for frame in frames])[:-1])
    links, ratios = [pair.links for pair in pairs], ratios_of(frames, pairs)
    if settings.least_strength:
        divided = drop_weak(frames, links, divided, ratios, settings.least_strength)
    return Labelling(divided, True, fell_back, evidence(frames, links, divided, ratios))


def locate(
    frames: Sequence[Superpixels],
    pairs: Sequence[Pair],
    settings: MotionSegmentation,
    memory: Memory = LONG,
) -> list[Floats]:
    """Location prior of each superpixel: ``(n_t,)`` in (0, 1) for each frame."""
    ratios = [
        np.maximum(r - settings.ratio_noise, 0) ** memory.exponent for r in ratios_of(frames, pairs)
    ]
    # The last frame hands on what it has: no flow starts from it that could be doubted.
    quality = [memory.kept * pair.quality for pair in pairs] + [np.ones(len(frames[-1].sizes))]
    prior = propagate(ratios, quality, [pair.links for pair in pairs])
    floor = settings.colour_floor
    prior = [
        p if frame.saliency is None else p * (frame.saliency + floor) / (1 + floor)
        for p, frame in zip(prior, frames, strict=True)
    ]
    ends = settings.location_share, settings.location_floor
    if settings.normaliser == "shot":
        return normalise_by_shot(prior, *ends)
    running = *ends, settings.evidence, settings.normaliser_frames
    if settings.normaliser == "local":
        return normalise_locally(prior, *running)
    return normalise_by_otsu(prior, [frame.sizes for frame in frames], *running)


def ratios_of(frames: Sequence[Superpixels], pairs: Sequence[Pair]) -> list[Floats]:
    """Mean ratio of each superpixel by the flows from it, ``(n_t,)`` for each frame."""
    ratios: list[Floats] = []
    for t, frame in enumerate(frames):
        ahead = pairs[t].forward if t < len(pairs) else None
        behind = pairs[t - 1].backward if t > 0 else None
        known = [ratio for ratio in (ahead, behind) if ratio is not None]
        ratios.append(np.mean(known, axis=0) if known else np.zeros(len(frame.sizes)))
    return ratios


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
    index = np.repeat(np.arange(len(frames)), [len(frame.sizes) for frame in frames])
    palette = make_palette(np.concatenate([frame.colours for frame in frames]), index)
    by_location = _location_costs(location, settings)
    if settings.appearance_init == "soft":
        weights = location**2, (1 - location) ** 2
    else:
        weights = (
            np.where(location > 0.2, location, 0),
            np.where(location < 0.05, 1 - location, 0),
        )
    components = settings.foreground_components, settings.background_components
    rng = np.random.default_rng(0)
    labels = location > 0.5
    for _ in range(settings.rounds):
        if not all(weight.sum() > 0 for weight in weights):
            break
        by_colour = [
            log_densities(
                palette,
                weight,
                n_components,
                settings.appearance_decay,
                settings.appearance_stride,
                rng,
            )
            for weight, n_components in zip(weights, components, strict=True)
        ]
        if settings.appearance_limit is not None:
            limit = settings.appearance_limit
            ratio = np.clip(by_colour[0] - by_colour[1], -limit, limit)
            by_colour = [ratio, np.zeros_like(ratio)]
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

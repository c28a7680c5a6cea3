"""Location prior: inside ratios, propagated along the flow (Papazoglou & Ferrari, 3.2)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter
from skimage.filters import threshold_otsu

from mcnn.config.motion import MotionSegmentation
from mcnn.motion.features import Pair
from mcnn.motion.superpixels import Links, Superpixels

Floats = NDArray[np.float64]


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
    """Ratio of each superpixel by the flow from it, ``(n_t,)`` for each frame.

    From the last frame there is no flow. It has what the flow brings from the frame before.
    """
    count = len(frames[-1].sizes)
    if not pairs:
        return [np.zeros(count)]
    link, before = pairs[-1].links, pairs[-1].ratio
    last = carry(before, link.source, link.target, link.overlap, count)
    return [*(pair.ratio for pair in pairs), last]


def propagate(
    ratios: Sequence[Floats], quality: Sequence[Floats], links: Sequence[Links]
) -> list[Floats]:
    """Sum of each superpixel's inside ratio and what the flow carries to it.

    Parameters
    ----------
    ratios
        For each of T frames ``(n_t,)``, the share of a superpixel's pixels that are inside.
    quality
        For each frame ``(n_t,)`` in [0, 1]: the factor on what a superpixel hands on.
    links
        For each of the T - 1 pairs of frames.

    Returns
    -------
    list of ndarray, float64, shape (n_t,)
        The ratio, plus the mean, weighted by overlap, of what linked superpixels of the frame
        before hold from the frames up to theirs, plus the same from the frames behind.
    """
    forward = [np.zeros_like(ratios[0])]
    for t, link in enumerate(links):
        value = quality[t] * (ratios[t] + forward[t])
        forward.append(carry(value, link.source, link.target, link.overlap, len(ratios[t + 1])))
    backward = [np.zeros_like(ratios[-1])]
    for t in range(len(links) - 1, -1, -1):
        link = links[t]
        value = quality[t + 1] * (ratios[t + 1] + backward[-1])
        backward.append(carry(value, link.target, link.source, link.overlap, len(ratios[t])))
    backward.reverse()
    return [r + f + b for r, f, b in zip(ratios, forward, backward, strict=True)]


def carry(
    value: Floats,
    source: NDArray[np.int32],
    target: NDArray[np.int32],
    overlap: Floats,
    count: int,
) -> Floats:
    """Mean ``(count,)``, weighted by overlap, of the values ``(n,)`` of what is linked to each."""
    total = np.bincount(target, overlap * value[source], count)
    weight = np.bincount(target, overlap, count)
    return np.asarray(total / np.maximum(weight, 1e-12))


def normalise_by_shot(prior: Sequence[Floats], share: float, floor: float) -> list[Floats]:
    """Divide by a share of the shot's maximum, with the FOS release's clipping at both ends.

    Parameters
    ----------
    prior
        For each frame ``(n_t,)``, not negative.
    share
        Share of the maximum that a sure location has.
    floor
        Least location.

    Returns
    -------
    list of ndarray, float64, shape (n_t,)
        In (0, 1): 0.999 from 0.95 on; at least 0.005 in frames of which fewer than 5 % of the
        superpixels exceed 0.6.
    """
    scale = share * max(float(p.max(initial=0)) for p in prior)
    result = []
    for p in prior:
        value = p / scale if scale > 0 else np.zeros_like(p)
        value = np.where(value > 0.95, 0.999, value)
        least = max(floor, 0.005) if (value > 0.6).mean() < 0.05 else floor
        result.append(np.maximum(value, least))
    return result


def normalise_locally(
    prior: Sequence[Floats], share: float, floor: float, evidence: float, n_frames: int
) -> list[Floats]:
    """Divide by what the surest superpixels of nearby frames have.

    One frame with a high prior lowers the rest of its shot where the shot's maximum is the
    normaliser. Here it is the running median over frames of a frame's 99th percentile, after the
    frame's median was subtracted, which is what boundaries in the background leave everywhere.

    Parameters
    ----------
    prior
        For each frame ``(n_t,)``, not negative.
    share
        Share of the normaliser that a sure location has.
    floor
        Locations stay so far away from 0 and 1.
    evidence
        Least normaliser, in the units of the prior.
    n_frames
        Of the running median.

    Returns
    -------
    list of ndarray, float64, shape (n_t,)
        In [floor, 1 - floor].
    """
    above = [np.maximum(p - np.median(p), 0) for p in prior]
    level = [float(np.percentile(p, 99)) for p in above]
    return _divide(above, level, share, floor, evidence, n_frames)


def normalise_by_otsu(
    prior: Sequence[Floats],
    area: Sequence[NDArray[np.int64]],
    share: float,
    floor: float,
    evidence: float,
    n_frames: int,
) -> list[Floats]:
    """Divide by what the upper of Otsu's two classes has in the mean in nearby frames.

    A percentile is the most that a large object has, but less than what a small one has. See
    `normalise_locally`.

    Parameters
    ----------
    prior
        For each frame ``(n_t,)``, not negative.
    area
        For each frame ``(n_t,)`` in pixels, the superpixels' weights in the mean.
    share, floor, evidence, n_frames
        As there.
    """
    above = [np.maximum(p - np.median(p), 0) for p in prior]
    level = [_upper_mean(p, a) for p, a in zip(above, area, strict=True)]
    return _divide(above, level, share, floor, evidence, n_frames)


def _upper_mean(values: Floats, weight: NDArray[np.int64]) -> float:
    if not values.max(initial=0) > 0:
        return 0.0
    upper = (values > threshold_otsu(values)) & (weight > 0)
    return float(np.average(values[upper], weights=weight[upper])) if upper.any() else 0.0


def _divide(
    above: Sequence[Floats],
    level: Sequence[float],
    share: float,
    floor: float,
    evidence: float,
    n_frames: int,
) -> list[Floats]:
    scale = median_filter(level, size=n_frames, mode="nearest")
    return [
        np.clip(p / (share * max(s, evidence)), floor, 1 - floor)
        for p, s in zip(above, scale, strict=True)
    ]

"""How good a motion mask probably is, from what needs no annotation."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mcnn.motion.superpixels import Links, Superpixels

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

WEIGHTS, BIAS = np.array([0.452, 4.578, 1.011]), -4.272
"""Of the logistic fit to J on DAVIS-2016's train split; `benchmarks/davis.py --calibrate`."""

FALLBACK = 0.5
"""Factor on the confidence where the labelling collapsed and the location alone decided."""

_STILL = 0.02
_BINS = 8


def evidence(
    frames: Sequence[Superpixels],
    links: Sequence[Links],
    labels: Sequence[Bools],
    motion: Sequence[Floats],
) -> Floats:
    """What speaks for the masks of T frames.

    Parameters
    ----------
    frames, links
        Superpixels of T frames, and links of the T - 1 pairs.
    labels
        For each frame ``(n_t,)`` bool.
    motion
        For each frame ``(n_t,)``, how far the superpixels seem to move by themselves.

    Returns
    -------
    ndarray, float64, shape (T, 3)
        Log ratio of the mean motion inside and outside; the mask's overlap (J) with the one that
        the flow brings from the frame before, or in the first frame, the one it brings to the next;
        the chi-squared distance of the colours inside and outside, in [0, 1]. Each is the mean of
        the frame's own and of all frames'. NaN in frames without foreground or background.
    """
    result = np.full((len(frames), 3), np.nan)
    for t, (frame, foreground) in enumerate(zip(frames, labels, strict=True)):
        area = frame.sizes.astype(float)
        if not area[foreground].any() or not area[~foreground].any():
            continue
        inside, outside = (
            np.average(motion[t][side], weights=area[side]) for side in (foreground, ~foreground)
        )
        later = max(t, 1)
        result[t] = (
            np.log((inside + _STILL) / (outside + _STILL)),
            _carried_overlap(frames, links, labels, later) if links else 1.0,
            _colour_distance(frame, foreground),
        )
    known = ~np.isnan(result).any(axis=1)
    if known.any():
        result[known] = (result[known] + result[known].mean(axis=0)) / 2
    return result


def expected_overlap(found: Floats, weights: Floats = WEIGHTS, bias: float = BIAS) -> Floats:
    """J that masks with this evidence had on DAVIS-2016's train split.

    Parameters
    ----------
    found
        ``(T, 3)``, see `evidence`.
    weights, bias
        ``(3,)`` and a number, of the logit.

    Returns
    -------
    ndarray, float64, shape (T,)
        In [0, 1]; 0 where there is no evidence.
    """
    known = ~np.isnan(found).any(axis=1)
    result = np.zeros(len(found))
    result[known] = 1 / (1 + np.exp(-(found[known] @ weights + bias)))
    return result


def _carried_overlap(
    frames: Sequence[Superpixels], links: Sequence[Links], labels: Sequence[Bools], t: int
) -> float:
    """Overlap of a frame's mask with the one that the flow brings from the frame before."""
    link, before, after = links[t - 1], labels[t - 1], labels[t]
    pixels = link.overlap * frames[t - 1].sizes[link.source]
    landed = np.bincount(link.target, pixels, len(after))
    carried = np.bincount(link.target, pixels * before[link.source], len(after)) > landed / 2
    area = frames[t].sizes
    union = area[carried | after].sum()
    return float(area[carried & after].sum() / union) if union else 1.0


def _colour_distance(frame: Superpixels, foreground: Bools) -> float:
    red, green, blue = (frame.colours // (256 // _BINS)).astype(int).T
    code = (red * _BINS + green) * _BINS + blue
    inside, outside = (
        np.bincount(code[side], frame.sizes[side], _BINS**3) / frame.sizes[side].sum()
        for side in (foreground, ~foreground)
    )
    total = inside + outside
    return float(((inside - outside) ** 2 / np.where(total > 0, total, 1)).sum() / 2)

"""Labels of EM-Adapt and EM-Fixed: biased scores and their largest in each pixel.

G. Papandreou, L.-C. Chen, K. Murphy, A. L. Yuille, "Weakly- and semi-supervised learning of a
deep convolutional network for semantic image segmentation", ICCV 2015 ([28] in the paper). The
settings are those that were published with it. There the biases are added to the scores at the
network's output stride, and the loss is taken on the scores without them.

Predictors are given probabilities. They may stand for the scores: with p_l = exp(f_l) / Z in a
pixel, log p_l = f_l - log Z, the same constant for all labels of the pixel. All that a label
depends on are differences between labels of a pixel (the clipping of absent labels, the distance
to the pixel's maximum, the argmax), so the constant cancels.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from mcnn.label_space import IGNORE
from mcnn.labels.arrays import Bools, Floats, LabelMaps, PredictorInput

MARGIN = 1e-5
"""Distance of a clipped absent label from the lowest present one."""

SMALLEST = float(np.finfo(np.float32).tiny)
"""Probabilities below this are raised to it: only scores 87 below the highest are affected."""


def em_adapt(
    scores: Floats,
    tags: Sequence[int],
    rng: np.random.Generator,
    background: float = 0.4,
    foreground: float = 0.2,
    rounds: int = 5,
) -> NDArray[np.float64]:
    """Scores biased so that each present label is the highest in a given share of the pixels.

    Present are the background and the tags. (1) In each pixel, an absent label above the lowest
    present one is set to `MARGIN` below that. (2) In each round, background first and then the
    tags in a new random order, the differences d_i = max_k f_i(k) - f_i(l) are sorted and the one
    at rank floor(share x N), counted from 0, is added to f(l) in all N pixels. Without ties
    label l is then the highest in at least floor(share x N) pixels; labels that follow may take
    pixels away again, which is why there are several rounds. (3) A constant is subtracted so that
    the mean of the maxima is what it was after (1).

    Parameters
    ----------
    scores
        ``(L, ...)``, before the softmax; all pixels given count.
    tags
        Present labels (1 .. L - 1).
    rng
        Source of the order of the tags.
    background, foreground
        Share of the pixels for the background and for each tag. 0.4 and 0.2 were published.
    rounds
        5 in the published settings.

    Returns
    -------
    ``(L, ...)`` float64.

    Examples
    --------
    The tag needs one pixel of five. The two nearest differ by 1 and 2; adding the latter makes it
    the highest in the first pixel and equal in the second.

    >>> scores = np.array([[4.0, 5, 6, 7, 8], [3, 3, 3, 3, 3]])
    >>> em_adapt(scores, [1], np.random.default_rng(0), rounds=1) + 0.2
    array([[4., 5., 6., 7., 8.],
           [5., 5., 5., 5., 5.]])
    """
    present = [0, *tags]
    biased = np.array(scores, np.float64).reshape(len(scores), -1)
    _clip_absent(biased, present)
    n_pixels = biased.shape[1]
    highest = biased[present].max(axis=0)
    mean = highest.mean()
    for _ in range(rounds):
        for label in (0, *rng.permutation(np.asarray(tags, int))):
            share = foreground if label else background
            rank = min(int(share * n_pixels), n_pixels - 1)
            biased[label] += np.partition(highest - biased[label], rank)[rank]
            np.maximum(highest, biased[label], out=highest)
    biased -= highest.mean() - mean
    return biased.reshape(np.shape(scores))


def em_fixed(
    scores: Floats, tags: Sequence[int], background: float = 5.0, foreground: float = 6.0
) -> NDArray[np.float64]:
    """Scores with a constant added to each present label.

    Parameters
    ----------
    scores
        ``(L, ...)``, before the softmax.
    tags
        Present labels (1 .. L - 1) beside the background.
    background, foreground
        Added to the background and to each tag; 5 and 6 were published.

    Returns
    -------
    ``(L, ...)`` float64; minus infinity for absent labels.
    """
    biased = np.full(np.shape(scores), -np.inf)
    biased[0] = scores[0] + background
    for tag in tags:
        biased[tag] = scores[tag] + foreground
    return biased


class EMAdapt:
    """Label predictor: the highest of the scores of `em_adapt`, frame by frame.

    It sees neither colours nor motion masks. Padding takes no part in the shares.

    Parameters
    ----------
    background, foreground, rounds
        See `em_adapt`.
    """

    def __init__(self, background: float = 0.4, foreground: float = 0.2, rounds: int = 5) -> None:
        self.background, self.foreground, self.rounds = background, foreground, rounds

    def __call__(self, frames: PredictorInput) -> LabelMaps:
        """Estimate latent labels; see `mcnn.labels.predictors.LabelPredictor`."""

        def bias(scores: Floats) -> Floats:
            shares = self.background, self.foreground
            return em_adapt(scores, frames.tags, frames.rng, *shares, self.rounds)

        return _highest(bias, frames.probabilities, frames.valid, frames.tags)


class EMFixed:
    """Label predictor: the highest of the scores of `em_fixed`.

    Parameters
    ----------
    background, foreground
        See `em_fixed`.
    """

    def __init__(self, background: float = 5.0, foreground: float = 6.0) -> None:
        self.background, self.foreground = background, foreground

    def __call__(self, frames: PredictorInput) -> LabelMaps:
        """Estimate latent labels; see `mcnn.labels.predictors.LabelPredictor`."""

        def bias(scores: Floats) -> Floats:
            return em_fixed(scores, frames.tags, self.background, self.foreground)

        return _highest(bias, frames.probabilities, frames.valid, frames.tags)


def _clip_absent(scores: Floats, present: Sequence[int]) -> None:
    """Lower absent labels to below the lowest present one, in place."""
    lowest = scores[present].min(axis=0)
    absent = np.setdiff1d(np.arange(len(scores)), present)
    clipped = scores[absent]
    scores[absent] = np.where(clipped > lowest, lowest - MARGIN, clipped)


def _highest(
    bias: Callable[[Floats], Floats], probabilities: Floats, valid: Bools, tags: Sequence[int]
) -> LabelMaps:
    """Present label with the highest biased score in each pixel; the lower label of equals."""
    present = np.array(sorted([0, *tags]))
    labels = np.full(valid.shape, IGNORE, np.uint8)
    for frame, pixels, out in zip(probabilities, valid, labels, strict=True):
        if pixels.any():
            scores = np.log(np.maximum(frame[:, pixels], SMALLEST, dtype=np.float64))
            out[pixels] = present[bias(scores)[present].argmax(axis=0)]
    return labels

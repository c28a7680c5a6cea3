"""Label predictors: from a mini-batch and the network's output to the labels of the loss.

A predictor is called with the frames of one shot (or with one tagged image) and returns latent
labels. It knows arrays, not networks.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mcnn.config.method import Labels
from mcnn.gmm import Floats, GaussianMixture, quantise, refine, start
from mcnn.labels.cut import alpha_expansion, minimum_cut
from mcnn.labels.energy import boundary_band, network_potential, pairwise_weights, unary_term

IGNORE = 255
"""Label of pixels that take no part in the loss."""

POOLED_ITERATIONS, FRAME_ITERATIONS, ROUND_ITERATIONS = 10, 3, 1
"""Iterations of EM on the pooled shot, per frame from there, and per frame after each cut."""

SMALLEST_SHARE = 1e-3
"""A segment below this share of the shot's pixels is not refitted to: it has vanished."""

Images = NDArray[np.uint8]
Bools = NDArray[np.bool_]
LabelMaps = NDArray[np.uint8]


class LabelPredictor(Protocol):
    """Estimates the latent labels of the frames of a shot."""

    def __call__(
        self,
        images: Images,
        masks: Bools,
        valid: Bools,
        probabilities: NDArray[np.float32],
        tags: Sequence[int],
        rng: np.random.Generator,
    ) -> LabelMaps:
        """Estimate latent labels.

        Parameters
        ----------
        images
            ``(T, H, W, 3)`` uint8, RGB.
        masks
            ``(T, H, W)`` bool, motion masks.
        valid
            ``(T, H, W)`` bool, False in padding.
        probabilities
            ``(T, L, H, W)``, the network's softmax output over all labels.
        tags
            Labels (1 .. L - 1) that may occur beside the background.
        rng
            Source of the random start of the mixtures.

        Returns
        -------
        ``(T, H, W)`` uint8: 0, one of `tags`, or 255 in padding.
        """
        ...


def build_predictor(settings: Labels, alpha: float) -> LabelPredictor:
    """Label predictor for shots, as the configuration names it."""
    if settings.predictor == "hard":
        return hard_labels
    return EnergyMinimisation(settings, alpha, motion=settings.predictor == "soft")


def build_image_predictor(settings: Labels, alpha: float) -> LabelPredictor:
    """Label predictor for tagged images, which have no motion (paper, section 4.4)."""
    return EnergyMinimisation(settings, alpha, motion=False)


def hard_labels(
    images: Images,
    masks: Bools,
    valid: Bools,
    probabilities: NDArray[np.float32],
    tags: Sequence[int],
    rng: np.random.Generator,
) -> LabelMaps:
    """Motion masks as they are: x = s ('M-CNN* hard').

    With several tags the masks do not say which object is which ("limited to videos containing a
    single category label"): the foreground is then ignored in the loss.
    """
    foreground = tags[0] if len(tags) == 1 else IGNORE
    labels = np.where(masks, foreground, 0).astype(np.uint8)
    labels[~valid] = IGNORE
    return labels


class EnergyMinimisation:
    """Minimum of the energy (2), alternating cuts and re-estimation of the colour mixtures.

    Parameters
    ----------
    settings
        The section `labels`.
    alpha
        Weight of the network's potential.
    motion
        False leaves out the motion term psi_m and the boundary region Delta.
    """

    def __init__(self, settings: Labels, alpha: float, *, motion: bool) -> None:
        self.settings, self.alpha, self.motion = settings, alpha, motion

    def __call__(
        self,
        images: Images,
        masks: Bools,
        valid: Bools,
        probabilities: NDArray[np.float32],
        tags: Sequence[int],
        rng: np.random.Generator,
    ) -> LabelMaps:
        """Estimate latent labels; see `LabelPredictor`."""
        allowed = [0, *tags]
        psi_fc = network_potential(probabilities[:, allowed]) * valid[:, None]
        pairwise = [self._pairwise(*frame) for frame in zip(images, masks, valid, strict=True)]
        if not self.motion:
            cuts = [_minimise(self.alpha * u, p) for u, p in zip(psi_fc, pairwise, strict=True)]
        else:
            cuts = self._alternate(images, masks, valid, psi_fc, pairwise, rng)
        labels = np.asarray(allowed, np.uint8)[np.stack(cuts)]
        labels[~valid] = IGNORE
        return labels

    def _alternate(
        self,
        images: Images,
        masks: Bools,
        valid: Bools,
        psi_fc: Floats,
        pairwise: list[Floats],
        rng: np.random.Generator,
    ) -> list[NDArray[np.intp]]:
        bins, colours = quantise(images)
        weights = frame_weights(len(images))
        settings = self.settings
        segments = [masks & valid, ~masks & valid]
        fits = [
            _fit(bins, colours, segment, weights, n_components, rng)
            for segment, n_components in zip(
                segments,
                (settings.foreground_components, settings.background_components),
                strict=True,
            )
        ]
        cuts: list[NDArray[np.intp]] = []
        for round_ in range(settings.rounds):
            psi_m = _motion_potential(fits, bins, colours, valid)
            unary = [unary_term(m, fc, self.alpha) for m, fc in zip(psi_m, psi_fc, strict=True)]
            cuts = [_minimise(u, p) for u, p in zip(unary, pairwise, strict=True)]
            if round_ < settings.rounds - 1:
                foreground = np.stack(cuts) > 0
                segments = [foreground & valid, ~foreground & valid]
                fits = [
                    _refit(fit, bins, colours, segment, weights)
                    for fit, segment in zip(fits, segments, strict=True)
                ]
        return cuts

    def _pairwise(self, image: Images, mask: Bools, valid: Bools) -> Floats:
        settings = self.settings
        band = np.zeros_like(mask)
        if self.motion:
            band = boundary_band(mask, valid, settings.band * max(mask.shape))
        return pairwise_weights(image, valid, band, settings.lambda_, settings.gamma)


def frame_weights(n_frames: int) -> Floats:
    """Weight 1 / (1 + |t - t'|) of the pixels of frame t' in the mixtures of frame t, ``(T, T)``.

    Source: paper, section 4.2, "weighting each of them inversely according to their distance".
    """
    frame = np.arange(n_frames)
    return 1.0 / (1.0 + np.abs(frame[:, None] - frame))


def _minimise(unary: Floats, pairwise: Floats) -> NDArray[np.intp]:
    if len(unary) == 1:
        return np.zeros(unary.shape[1:], np.intp)
    return minimum_cut(unary, pairwise) if len(unary) == 2 else alpha_expansion(unary, pairwise)


def _histograms(bins: NDArray[np.int32], segment: Bools, n_bins: int) -> Floats:
    """Histogram of the segment's colours in each frame, ``(T, N)``."""
    offset = n_bins * np.arange(len(bins), dtype=np.int32)[:, None, None]
    counts = np.bincount((bins + offset)[segment], minlength=len(bins) * n_bins)
    return counts.reshape(len(bins), n_bins).astype(np.float64)


def _fit(
    bins: NDArray[np.int32],
    colours: Floats,
    segment: Bools,
    weights: Floats,
    n_components: int,
    rng: np.random.Generator,
) -> list[GaussianMixture] | None:
    """A mixture per frame of the segment's colours; None if the segment is empty."""
    histograms = _histograms(bins, segment, len(colours))
    pooled = histograms.sum(0)
    if not pooled.any():
        return None
    mixture = start(colours, pooled, n_components, rng)
    mixture = refine(mixture, colours, pooled, POOLED_ITERATIONS)
    return [refine(mixture, colours, sample, FRAME_ITERATIONS) for sample in weights @ histograms]


def _refit(
    fit: list[GaussianMixture] | None,
    bins: NDArray[np.int32],
    colours: Floats,
    segment: Bools,
    weights: Floats,
) -> list[GaussianMixture] | None:
    """The mixtures re-estimated from a cut; as they were where the segment has vanished."""
    if fit is None or segment.mean() < SMALLEST_SHARE:
        return fit
    samples = weights @ _histograms(bins, segment, len(colours))
    return [
        refine(mixture, colours, sample, ROUND_ITERATIONS)
        for mixture, sample in zip(fit, samples, strict=True)
    ]


def _motion_potential(
    fits: list[list[GaussianMixture] | None],
    bins: NDArray[np.int32],
    colours: Floats,
    valid: Bools,
) -> Floats:
    """psi_m of background and foreground in every frame, ``(T, 2, H, W)``.

    Where one of the two has no mixture, colour says nothing and both are 0.
    """
    foreground, background = fits
    psi_m = np.zeros((len(bins), 2, *bins.shape[1:]))
    if foreground is None or background is None:
        return psi_m
    for t, frame in enumerate(bins):
        for label, mixture in enumerate((background[t], foreground[t])):
            psi_m[t, label] = -mixture.log_likelihood(colours)[frame] * valid[t]
    return psi_m

"""psi_m: what the colours of a shot say, given which of its pixels are foreground."""

import numba
import numpy as np
from numpy.typing import NDArray

from mcnn.labels.arrays import Bools, Images
from mcnn.mixtures.em import expectation_maximisation, log_likelihood
from mcnn.mixtures.gmm import Floats, GaussianMixture, quantise, refine, start

POOLED_ITERATIONS, FRAME_ITERATIONS, ROUND_ITERATIONS = 10, 3, 1
"""Iterations of EM on the pooled shot, per frame from there, and per frame after each cut."""

SMALLEST_SHARE = 1e-3
"""A segment below this share of the shot's pixels is not refitted to: it has vanished."""


class MotionPotential:
    """Colour mixtures of foreground and background in each frame of a shot.

    The samples of frame t are the pixels of all frames of the shot, weighted by `frame_weights`
    (paper, section 4.2). Different frames may be worked on by different threads.

    Parameters
    ----------
    images
        ``(T, H, W, 3)`` uint8, RGB.
    masks
        ``(T, H, W)`` bool, motion masks, to which the mixtures are fitted first.
    valid
        ``(T, H, W)`` bool, False in padding.
    components
        Gaussians of background and foreground.
    rng
        Source of the random starts.
    """

    def __init__(
        self,
        images: Images,
        masks: Bools,
        valid: Bools,
        components: tuple[int, int],
        rng: np.random.Generator,
    ) -> None:
        self._bins, self._colours = quantise(images)
        self._valid = valid
        self._frame_weights = frame_weights(len(images))
        histograms = np.stack([self.histogram(t, mask) for t, mask in enumerate(masks)])
        self.resample(histograms)
        # A mixture is asked for the colours of its own frame only.
        self._occurring = [np.flatnonzero(counts) for counts in histograms.sum(1)]
        pooled = [
            self._start(histogram, n_components, rng)
            for histogram, n_components in zip(histograms.sum(0), components, strict=True)
        ]
        # Without two sides, colour says nothing.
        sides = [mixture for mixture in pooled if mixture is not None]
        self._mixtures = [[_copy(mixture) for mixture in sides] for _ in images]
        self._n_iterations = np.full(2, FRAME_ITERATIONS)
        self._potential = np.empty((len(images), 2, *images.shape[1:3]), np.float32)

    def __call__(self, t: int) -> NDArray[np.float32]:
        """Fit the mixtures of frame t to the samples; what they say of its colours.

        Returns
        -------
        ``(2, H, W)`` float32, the negative log likelihood under background and foreground. Where
        one of the two has no mixture, colour says nothing and both are 0. The next call for this
        frame overwrites it.
        """
        if len(self._mixtures[t]) < 2:
            return np.zeros((2, *self._bins.shape[1:]), np.float32)
        background, foreground = self._mixtures[t]
        _fit_and_evaluate(
            self._colours,
            self._histograms,
            self._frame_weights[t],
            background,
            foreground,
            self._n_iterations,
            self._occurring[t],
            self._bins[t],
            self._potential[t],
        )
        return self._potential[t]

    def histogram(self, t: int, foreground: Bools) -> Floats:
        """Colours of background and foreground in frame t, ``(2, N)``.

        Parameters
        ----------
        foreground
            ``(H, W)`` bool.
        """
        counts = np.zeros((2, len(self._colours)))
        _count(self._bins[t], foreground, self._valid[t], counts)
        return counts

    def resample(self, histograms: NDArray[np.floating]) -> None:
        """Take the samples from a labelling.

        Parameters
        ----------
        histograms
            ``(T, 2, N)``, see `histogram`. A side that has vanished keeps its mixtures.
        """
        self._histograms = np.asarray(histograms, np.float64)
        vanished = histograms.sum((0, 2)) < SMALLEST_SHARE * self._bins.size
        self._n_iterations = np.where(vanished, 0, ROUND_ITERATIONS)

    def _start(
        self, histogram: Floats, n_components: int, rng: np.random.Generator
    ) -> GaussianMixture | None:
        """A mixture of the pooled frames; None if there are no samples."""
        if not histogram.any():
            return None
        mixture = start(self._colours, histogram, n_components, rng)
        return refine(mixture, self._colours, histogram, POOLED_ITERATIONS)


def frame_weights(n_frames: int) -> Floats:
    """Weight 1 / (1 + |t - t'|) of the pixels of frame t' in the mixtures of frame t, ``(T, T)``.

    Source: paper, section 4.2, "weighting each of them inversely according to their distance".
    """
    frame = np.arange(n_frames)
    return 1.0 / (1.0 + np.abs(frame[:, None] - frame))


@numba.njit(cache=True, nogil=True)
def _count(bins, foreground, valid, counts):  # type: ignore[no-untyped-def]
    """Add the pixels of a frame to the histograms ``(2, N)`` of background and foreground."""
    for y in range(bins.shape[0]):
        for x in range(bins.shape[1]):
            if valid[y, x]:
                counts[1 if foreground[y, x] else 0, bins[y, x]] += 1


@numba.njit(cache=True, nogil=True)
def _fit_and_evaluate(  # type: ignore[no-untyped-def]
    colours,
    histograms,
    frame_weights,
    background,
    foreground,
    n_iterations,
    occurring,
    bins,
    potential,
):
    """Refine a frame's two mixtures in place; their negative log likelihoods, ``(2, H, W)``.

    One call, because each return from compiled code waits for the interpreter's lock.
    """
    height, width = bins.shape
    table = np.zeros(len(colours), np.float32)
    for label in range(2):
        weights, means, covariances = background if label == 0 else foreground
        samples = np.zeros(len(colours))
        for t in range(len(histograms)):
            for n in range(len(colours)):
                samples[n] += frame_weights[t] * histograms[t, label, n]
        expectation_maximisation(colours, samples, weights, means, covariances, n_iterations[label])
        likelihood = log_likelihood(colours[occurring], weights, means, covariances)
        for i in range(len(occurring)):
            table[occurring[i]] = -likelihood[i]
        for y in range(height):
            for x in range(width):
                potential[label, y, x] = table[bins[y, x]]


def _copy(mixture: GaussianMixture) -> tuple[Floats, Floats, Floats]:
    return mixture.weights.copy(), mixture.means.copy(), mixture.covariances.copy()

"""psi_m: what the colours of a shot say, given which of its pixels are foreground."""

from collections.abc import Callable, Iterable
from typing import Any

import numba
import numpy as np

from mcnn.gmm import GaussianMixture, quantise, refine, start
from mcnn.labels.arrays import Bools, Floats, Images

POOLED_ITERATIONS, FRAME_ITERATIONS, ROUND_ITERATIONS = 10, 3, 1
"""Iterations of EM on the pooled shot, per frame from there, and per frame after each cut."""

SMALLEST_SHARE = 1e-3
"""A segment below this share of the shot's pixels is not refitted to: it has vanished."""

Map = Callable[..., Iterable[Any]]


class MotionPotential:
    """Colour mixtures of foreground and background in each frame of a shot.

    The samples of frame t are the pixels of all frames of the shot, weighted by `frame_weights`
    (paper, section 4.2).

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
    map_
        Maps a function over the frames; the results do not depend on how.
    """

    def __init__(
        self,
        images: Images,
        masks: Bools,
        valid: Bools,
        components: tuple[int, int],
        rng: np.random.Generator,
        map_: Map = map,
    ) -> None:
        self._bins, self._colours = quantise(images)
        self._valid, self._map = valid, map_
        self._frame_weights = frame_weights(len(images))
        histograms = self._histograms(masks)
        self._occurring = [np.flatnonzero(colours) for colours in histograms.sum(0)]
        self._mixtures = [
            self._fit(histogram, n_components, rng)
            for histogram, n_components in zip(histograms, components, strict=True)
        ]

    def __call__(self, t: int) -> Floats:
        """Negative log likelihood of the colours of frame t under background and foreground.

        Returns
        -------
        ``(2, H, W)`` float32. Where one of the two has no mixture, colour says nothing and both
        are 0.
        """
        potential = np.zeros((2, *self._bins.shape[1:]), np.float32)
        occurring = self._occurring[t]
        table = np.zeros(len(self._colours), np.float32)
        for label, mixtures in enumerate(self._mixtures):
            if mixtures is None:
                return np.zeros_like(potential)
            table[occurring] = -mixtures[t].log_likelihood(self._colours[occurring])
            potential[label] = table[self._bins[t]]
        return potential

    def refit(self, foreground: Bools) -> None:
        """Re-estimate the mixtures from a labelling.

        Parameters
        ----------
        foreground
            ``(T, H, W)`` bool. A side of it that has vanished keeps its mixtures.
        """
        enough = SMALLEST_SHARE * self._bins.size
        for label, histogram in enumerate(self._histograms(foreground)):
            mixtures = self._mixtures[label]
            if mixtures is not None and histogram.sum() >= enough:
                self._mixtures[label] = self._refine(mixtures, histogram, ROUND_ITERATIONS)

    def _histograms(self, foreground: Bools) -> Floats:
        """Colours of background and foreground in each frame, ``(2, T, N)``."""
        counts = np.zeros((2, len(foreground), len(self._colours)))

        def count(t: int) -> None:
            _count(self._bins[t], foreground[t], self._valid[t], counts[:, t])

        list(self._map(count, range(len(foreground))))
        return counts

    def _fit(
        self, histogram: Floats, n_components: int, rng: np.random.Generator
    ) -> list[GaussianMixture] | None:
        """A mixture per frame; None if there are no samples."""
        pooled = histogram.sum(0)
        if not pooled.any():
            return None
        mixture = start(self._colours, pooled, n_components, rng)
        mixture = refine(mixture, self._colours, pooled, POOLED_ITERATIONS)
        return self._refine([mixture] * len(histogram), histogram, FRAME_ITERATIONS)

    def _refine(
        self, mixtures: list[GaussianMixture], histogram: Floats, n_iterations: int
    ) -> list[GaussianMixture]:
        samples = self._frame_weights @ histogram

        def improve(t: int) -> GaussianMixture:
            return refine(mixtures[t], self._colours, samples[t], n_iterations)

        return list(self._map(improve, range(len(mixtures))))


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

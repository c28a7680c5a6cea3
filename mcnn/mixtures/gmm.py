"""Gaussian mixtures over colours, fitted by weighted expectation-maximisation.

Colours come as the bins of a histogram (`quantise`), so that the cost of a fit depends on the
number of distinct colours of a shot, not on its number of pixels.
"""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from mcnn.mixtures.em import REG_COVAR, expectation_maximisation, log_likelihood

BITS = 5
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class GaussianMixture:
    """Weights ``(K,)``, means ``(K, 3)`` and covariances ``(K, 3, 3)`` over RGB in [0, 255]."""

    weights: Floats
    means: Floats
    covariances: Floats

    def log_likelihood(self, colours: Floats) -> Floats:
        """Logarithm of the density at each of ``(N, 3)`` colours, as ``(N,)``."""
        return np.asarray(log_likelihood(colours, self.weights, self.means, self.covariances))


def quantise(images: NDArray[np.uint8]) -> tuple[NDArray[np.int32], Floats]:
    """Assign the pixels of a shot to the occupied bins of a 32 x 32 x 32 colour histogram.

    Parameters
    ----------
    images
        ``(T, H, W, 3)`` uint8, RGB.

    Returns
    -------
    bins
        ``(T, H, W)`` int32, the bin of each pixel.
    colours
        ``(N, 3)``, the mean colour of the pixels of each occupied bin; bins are numbered by red,
        then green, then blue.
    """
    codes, counts, sums = _histogram(images)
    occupied = np.flatnonzero(counts)
    index = np.empty(len(counts), np.int32)
    index[occupied] = np.arange(len(occupied), dtype=np.int32)
    return index[codes], sums[occupied] / counts[occupied, None]


def start(
    colours: Floats, sample_weight: Floats, n_components: int, rng: np.random.Generator
) -> GaussianMixture:
    """Start a mixture from k-means++ centres and the colours nearest to each.

    Parameters
    ----------
    colours
        ``(N, 3)`` RGB in [0, 255].
    sample_weight
        ``(N,)``, not negative, with a positive sum.
    n_components
        Number of Gaussians; fewer where there are fewer distinct colours with weight.
    rng
        Source of the random draws.

    Raises
    ------
    ValueError
        If no colour has a positive weight.
    """
    if not sample_weight.sum() > 0:
        raise ValueError("no colour has a positive weight")
    chance = sample_weight
    distance = np.full(len(colours), np.inf)
    nearest = np.zeros(len(colours), np.intp)
    for k in range(n_components):
        if not chance.sum() > 0:
            n_components = k
            break
        centre = colours[rng.choice(len(colours), p=chance / chance.sum())]
        square = ((colours - centre) ** 2).sum(1)
        nearest[square < distance] = k
        distance = np.minimum(distance, square)
        chance = sample_weight * distance
    clusters = [nearest == k for k in range(n_components)]
    samples = [(colours[cluster], sample_weight[cluster]) for cluster in clusters]
    mass = np.array([weight.sum() for _, weight in samples])
    means = np.array([np.average(colour, axis=0, weights=weight) for colour, weight in samples])
    covariances = [np.cov(colour.T, aweights=weight, ddof=0) for colour, weight in samples]
    return GaussianMixture(mass / mass.sum(), means, covariances + REG_COVAR * np.eye(3))


def refine(
    mixture: GaussianMixture, colours: Floats, sample_weight: Floats, n_iterations: int
) -> GaussianMixture:
    """Improve a mixture by iterations of weighted expectation-maximisation.

    Parameters
    ----------
    mixture
        Where to start from.
    colours
        ``(N, 3)`` RGB in [0, 255].
    sample_weight
        ``(N,)``, not negative. If all are 0 the mixture is returned as it is.
    n_iterations
        Iterations of EM. A component that loses its last sample keeps its shape with weight 0.
    """
    weights, means = mixture.weights.copy(), mixture.means.copy()
    covariances = mixture.covariances.copy()
    expectation_maximisation(colours, sample_weight, weights, means, covariances, n_iterations)
    return GaussianMixture(weights, means, covariances)


@numba.njit(cache=True, nogil=True)
def _histogram(images):  # type: ignore[no-untyped-def]
    """Bin of each pixel ``(T, H, W)``, and pixels and summed colours of all bins."""
    codes = np.empty(images.shape[:3], np.int32)
    counts = np.zeros(1 << 3 * BITS, np.int64)
    sums = np.zeros((1 << 3 * BITS, 3))
    for t, y, x in np.ndindex(codes.shape):
        code = 0
        for channel in range(3):
            code = code << BITS | images[t, y, x, channel] >> 8 - BITS
        codes[t, y, x] = code
        counts[code] += 1
        for channel in range(3):
            sums[code, channel] += images[t, y, x, channel]
    return codes, counts, sums

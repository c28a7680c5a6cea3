"""Gaussian mixtures over colours, fitted by weighted expectation-maximisation.

Colours come as the bins of a histogram (`quantise`), so that the cost of a fit depends on the
number of distinct colours of a shot, not on its number of pixels.
"""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

BITS = 5
REG_COVAR = 1.0
"""Added to the diagonal of each covariance, in squared grey levels: the order of the rounding to
8 bits, and enough to keep a component on a constant colour regular."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class GaussianMixture:
    """Weights ``(K,)``, means ``(K, 3)`` and covariances ``(K, 3, 3)`` over RGB in [0, 255]."""

    weights: Floats
    means: Floats
    covariances: Floats

    def log_likelihood(self, colours: Floats) -> Floats:
        """Logarithm of the density at each of ``(N, 3)`` colours, as ``(N,)``."""
        return _log_likelihood(colours, self.weights, self.means, self.covariances)


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
        ``(N, 3)``, the mean colour of the pixels of each occupied bin.
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
    centres = np.empty((n_components, 3))
    chance = sample_weight
    distance = np.full(len(colours), np.inf)
    for k in range(n_components):
        if not chance.sum() > 0:
            centres = centres[:k]
            break
        centres[k] = colours[rng.choice(len(colours), p=chance / chance.sum())]
        distance = np.minimum(distance, ((colours - centres[k]) ** 2).sum(1))
        chance = sample_weight * distance
    nearest = ((colours[:, None] - centres) ** 2).sum(2).argmin(1)
    responsibility = np.eye(len(centres))[nearest] * sample_weight[:, None]
    mass = responsibility.sum(0)
    means = responsibility.T @ colours / mass[:, None]
    offset = colours - means[nearest]
    covariances = np.einsum("nk,ni,nj->kij", responsibility, offset, offset) / mass[:, None, None]
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
    if sample_weight.sum() > 0:
        _expectation_maximisation(
            colours, sample_weight, weights, means, covariances, n_iterations, REG_COVAR
        )
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


@numba.njit(cache=True, nogil=True)
def _precisions(weights, means, covariances):  # type: ignore[no-untyped-def]
    """Constant, mean and inverse covariance (xx, xy, xz, yy, yz, zz) of each component."""
    parameters = np.empty((len(weights), 10))
    for k in range(len(weights)):
        a, b, c = covariances[k, 0, 0], covariances[k, 0, 1], covariances[k, 0, 2]
        d, e, f = covariances[k, 1, 1], covariances[k, 1, 2], covariances[k, 2, 2]
        determinant = a * (d * f - e * e) - b * (b * f - c * e) + c * (b * e - c * d)
        log_weight = np.log(weights[k]) if weights[k] > 0 else -np.inf
        parameters[k, 0] = log_weight - 0.5 * (3 * np.log(2 * np.pi) + np.log(determinant))
        parameters[k, 1:4] = means[k]
        parameters[k, 4] = (d * f - e * e) / determinant
        parameters[k, 5] = (c * e - b * f) / determinant
        parameters[k, 6] = (b * e - c * d) / determinant
        parameters[k, 7] = (a * f - c * c) / determinant
        parameters[k, 8] = (b * c - a * e) / determinant
        parameters[k, 9] = (a * d - b * b) / determinant
    return parameters


@numba.njit(cache=True, nogil=True)
def _log_densities(colour, parameters, out):  # type: ignore[no-untyped-def]
    """Weighted log density of each component at a colour into `out`; returns their maximum."""
    largest = -np.inf
    for k in range(len(parameters)):
        p = parameters[k]
        x, y, z = colour[0] - p[1], colour[1] - p[2], colour[2] - p[3]
        form = p[4] * x * x + p[7] * y * y + p[9] * z * z
        form += 2 * (p[5] * x * y + p[6] * x * z + p[8] * y * z)
        out[k] = p[0] - 0.5 * form
        largest = max(largest, out[k])
    return largest


@numba.njit(cache=True, nogil=True)
def _log_likelihood(colours, weights, means, covariances):  # type: ignore[no-untyped-def]
    parameters = _precisions(weights, means, covariances)
    density = np.empty(len(weights))
    result = np.empty(len(colours))
    for n in range(len(colours)):
        largest = _log_densities(colours[n], parameters, density)
        total = 0.0
        for k in range(len(weights)):
            total += np.exp(density[k] - largest)
        result[n] = largest + np.log(total)
    return result


@numba.njit(cache=True, nogil=True)
def _expectation_maximisation(  # type: ignore[no-untyped-def]
    colours, sample_weight, weights, means, covariances, n_iterations, reg_covar
):
    n_components = len(weights)
    density = np.empty(n_components)
    total = sample_weight.sum()
    for _ in range(n_iterations):
        parameters = _precisions(weights, means, covariances)
        mass = np.zeros(n_components)
        first = np.zeros((n_components, 3))
        second = np.zeros((n_components, 3, 3))
        for n in range(len(colours)):
            if sample_weight[n] == 0:
                continue
            largest = _log_densities(colours[n], parameters, density)
            likelihood = 0.0
            for k in range(n_components):
                density[k] = np.exp(density[k] - largest)
                likelihood += density[k]
            scale = sample_weight[n] / likelihood
            for k in range(n_components):
                r = density[k] * scale
                mass[k] += r
                for i in range(3):
                    first[k, i] += r * colours[n, i]
                    for j in range(i, 3):
                        second[k, i, j] += r * colours[n, i] * colours[n, j]
        for k in range(n_components):
            weights[k] = mass[k] / total
            if weights[k] < 1e-9:
                weights[k] = 0.0
                continue
            means[k] = first[k] / mass[k]
            for i in range(3):
                for j in range(i, 3):
                    value = second[k, i, j] / mass[k] - means[k, i] * means[k, j]
                    covariances[k, i, j] = value
                    covariances[k, j, i] = value
                covariances[k, i, i] += reg_covar

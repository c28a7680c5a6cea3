"""Gaussian mixtures over colours, fitted by weighted expectation-maximisation.

Colours come as the bins of a histogram (`quantise`), so that the cost of a fit depends on the
number of distinct colours of a shot, not on its number of pixels.
"""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from mcnn._exp import exp_in_place

BITS = 5
REG_COVAR = 1.0
"""Added to the diagonal of each covariance, in squared grey levels: the order of the rounding to
8 bits, and enough to keep a component on a constant colour regular."""

BLOCK = 256
"""Colours that are worked on together: what they need stays in the first cache."""

LOG_OF_NOTHING = np.float32(-1e30)
"""Stands for the logarithm of 0: the compiled loops take all numbers to be finite."""

SECOND_MOMENT = np.array([[4, 5, 6], [5, 7, 8], [6, 8, 9]])

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


@numba.njit(cache=True, nogil=True)
def _precisions(weights, means, covariances):  # type: ignore[no-untyped-def]
    """Constant, mean and inverse covariance (xx, xy, xz, yy, yz, zz) of each component."""
    parameters = np.empty((len(weights), 10), np.float32)
    for k in range(len(weights)):
        a, b, c = covariances[k, 0, 0], covariances[k, 0, 1], covariances[k, 0, 2]
        d, e, f = covariances[k, 1, 1], covariances[k, 1, 2], covariances[k, 2, 2]
        determinant = a * (d * f - e * e) - b * (b * f - c * e) + c * (b * e - c * d)
        log_weight = np.log(weights[k]) if weights[k] > 0 else LOG_OF_NOTHING
        parameters[k, 0] = log_weight - 0.5 * (3 * np.log(2 * np.pi) + np.log(determinant))
        for i in range(3):
            parameters[k, 1 + i] = means[k, i]
        parameters[k, 4] = (d * f - e * e) / determinant
        parameters[k, 5] = (c * e - b * f) / determinant
        parameters[k, 6] = (b * e - c * d) / determinant
        parameters[k, 7] = (a * f - c * c) / determinant
        parameters[k, 8] = (b * c - a * e) / determinant
        parameters[k, 9] = (a * d - b * b) / determinant
    return parameters


@numba.njit(cache=True, nogil=True, fastmath=True)
def _densities(rgb, parameters, density, largest, total, bits, scale):  # type: ignore[no-untyped-def]
    """Densities of a block of colours ``(3, n)``, over that of their likeliest component.

    Fills ``density (K, n)``, the logarithm of the divisor ``largest (n,)``, and their sum
    ``total (n,)``. All loops run over the colours and hold nothing but arithmetic, so that the
    compiler turns them into vector instructions.
    """
    n_colours = rgb.shape[1]
    for i in range(n_colours):
        largest[i] = LOG_OF_NOTHING
        total[i] = 0
    for k in range(len(parameters)):
        p = parameters[k]
        for i in range(n_colours):
            x, y, z = rgb[0, i] - p[1], rgb[1, i] - p[2], rgb[2, i] - p[3]
            form = x * (p[4] * x + 2 * p[5] * y + 2 * p[6] * z)
            form += y * (p[7] * y + 2 * p[8] * z) + p[9] * z * z
            density[k, i] = p[0] - np.float32(0.5) * form
            largest[i] = max(largest[i], density[k, i])
    for k in range(len(parameters)):
        for i in range(n_colours):
            density[k, i] -= largest[i]
        exp_in_place(density[k, :n_colours], bits, scale)
        for i in range(n_colours):
            total[i] += density[k, i]


@numba.njit(cache=True, nogil=True)
def log_likelihood(colours, weights, means, covariances):  # type: ignore[no-untyped-def]
    """`GaussianMixture.log_likelihood`, for other compiled functions."""
    rgb = np.empty((3, len(colours)), np.float32)
    for n in range(len(colours)):
        for i in range(3):
            rgb[i, n] = colours[n, i]
    parameters = _precisions(weights, means, covariances)
    density = np.empty((len(weights), BLOCK), np.float32)
    largest, total = np.empty(BLOCK, np.float32), np.empty(BLOCK, np.float32)
    bits = np.empty(BLOCK, np.int32)
    scale = bits.view(np.float32)
    result = np.empty(rgb.shape[1])
    for first in range(0, rgb.shape[1], BLOCK):
        block = rgb[:, first : first + BLOCK]
        _densities(block, parameters, density, largest, total, bits, scale)
        for i in range(block.shape[1]):
            result[first + i] = largest[i] + np.log(total[i])
    return result


@numba.njit(cache=True, nogil=True)
def _with_weight(colours, sample_weight):  # type: ignore[no-untyped-def]
    """Colours with a weight, ``(3, n)``, and their weights."""
    rgb = np.empty((3, len(colours)), np.float32)
    weight = np.empty(len(colours), np.float32)
    n_used = 0
    for n in range(len(colours)):
        if sample_weight[n] > 0:
            for i in range(3):
                rgb[i, n_used] = colours[n, i]
            weight[n_used] = sample_weight[n]
            n_used += 1
    return rgb[:, :n_used], weight[:n_used]


@numba.njit(cache=True, nogil=True)
def expectation_maximisation(  # type: ignore[no-untyped-def]
    colours, sample_weight, weights, means, covariances, n_iterations
):
    """`refine` in place, for other compiled functions."""
    rgb, samples = _with_weight(colours, sample_weight)
    whole = samples.sum()
    if not whole > 0:
        return
    n_components = len(weights)
    density = np.empty((n_components, BLOCK), np.float32)
    largest, total = np.empty(BLOCK, np.float32), np.empty(BLOCK, np.float32)
    bits = np.empty(BLOCK, np.int32)
    scale = bits.view(np.float32)
    share = np.empty(BLOCK, np.float32)
    moments = np.empty((n_components, 10))
    for _ in range(n_iterations):
        parameters = _precisions(weights, means, covariances)
        moments[:] = 0
        for first in range(0, rgb.shape[1], BLOCK):
            block = rgb[:, first : first + BLOCK]
            _densities(block, parameters, density, largest, total, bits, scale)
            for i in range(block.shape[1]):
                share[i] = samples[first + i] / total[i]
            for k in range(n_components):
                _add_moments(block, density[k], share, parameters[k], moments[k])
        for k in range(n_components):
            mass = moments[k, 0]
            weights[k] = mass / whole
            if weights[k] < 1e-9:
                weights[k] = 0.0
                continue
            offset = moments[k, 1:4] / mass
            for i in range(3):
                # The moments are about the mean that the densities were computed with.
                means[k, i] = parameters[k, 1 + i] + offset[i]
                for j in range(i, 3):
                    value = moments[k, SECOND_MOMENT[i, j]] / mass - offset[i] * offset[j]
                    covariances[k, i, j] = value
                    covariances[k, j, i] = value
                covariances[k, i, i] += REG_COVAR


@numba.njit(cache=True, nogil=True, fastmath=True)
def _add_moments(rgb, density, share, parameters, moments):  # type: ignore[no-untyped-def]
    """Add mass, first and second moments of a block's colours about a component's mean."""
    mass = np.float32(0)
    sx, sy, sz = np.float32(0), np.float32(0), np.float32(0)
    xx, xy, xz = np.float32(0), np.float32(0), np.float32(0)
    yy, yz, zz = np.float32(0), np.float32(0), np.float32(0)
    for i in range(rgb.shape[1]):
        r = density[i] * share[i]
        x, y, z = rgb[0, i] - parameters[1], rgb[1, i] - parameters[2], rgb[2, i] - parameters[3]
        mass += r
        sx += r * x
        sy += r * y
        sz += r * z
        xx += r * x * x
        xy += r * x * y
        xz += r * x * z
        yy += r * y * y
        yz += r * y * z
        zz += r * z * z
    sums = (mass, sx, sy, sz, xx, xy, xz, yy, yz, zz)
    for i in range(10):
        moments[i] += sums[i]

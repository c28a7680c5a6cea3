"""Compiled kernels of `mcnn.mixtures.gmm`, for other compiled functions as well."""

import numba
import numpy as np

from mcnn.mixtures.exp import exp_in_place

REG_COVAR = 1.0
"""Added to the diagonal of each covariance, in squared grey levels: the order of the rounding to
8 bits, and enough to keep a component on a constant colour regular."""

BLOCK = 256
"""Colours that are worked on together: what they need stays in the first cache."""

LOG_OF_NOTHING = np.float32(-1e30)
"""Stands for the logarithm of 0: the compiled loops take all numbers to be finite."""

SECOND_MOMENT = np.array([[4, 5, 6], [5, 7, 8], [6, 8, 9]])


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
def _buffers(n_components):  # type: ignore[no-untyped-def]
    """What `_densities` fills and needs."""
    bits = np.empty(BLOCK, np.int32)
    return (
        np.empty((n_components, BLOCK), np.float32),
        np.empty(BLOCK, np.float32),
        np.empty(BLOCK, np.float32),
        bits,
        bits.view(np.float32),
    )


@numba.njit(cache=True, nogil=True)
def log_likelihood(colours, weights, means, covariances):  # type: ignore[no-untyped-def]
    """See `mcnn.mixtures.gmm.GaussianMixture.log_likelihood`."""
    rgb = np.empty((3, len(colours)), np.float32)
    for n in range(len(colours)):
        for i in range(3):
            rgb[i, n] = colours[n, i]
    parameters = _precisions(weights, means, covariances)
    density, largest, total, bits, scale = _buffers(len(weights))
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
    """`mcnn.mixtures.gmm.refine` in place."""
    rgb, samples = _with_weight(colours, sample_weight)
    whole = samples.sum()
    if not whole > 0:
        return
    n_components = len(weights)
    density, largest, total, bits, scale = _buffers(n_components)
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

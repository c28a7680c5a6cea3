"""The energy (2) of the paper and its terms.

A frame has N = H x W pixels. A labelling is an array ``(H, W)`` of indices into the labels that
are allowed in the frame: 0 is the background, k the k-th tag of its video. Pairwise weights are
stored per direction of `NEIGHBOURS`, at the pixel the edge starts from.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from mcnn.labels.arrays import Bools, Floats, Images
from mcnn.mixtures.exp import exp_in_place

NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))
"""Half of the 8-neighbourhood, as steps (row, column)."""

SMALLEST_PROBABILITY = 1e-8
"""Softmax outputs below this are raised to it before the logarithm."""


def network_potential(probabilities: Floats) -> Floats:
    """psi_fc, the negative logarithm of the softmax output, element by element."""
    raised = np.maximum(probabilities, SMALLEST_PROBABILITY, dtype=np.float32)
    return np.asarray(-np.log(raised, out=raised), np.float32)


def unary_term(psi_m: Floats, psi_fc: Floats, alpha: float, out: Floats | None = None) -> Floats:
    """psi_m + alpha psi_fc for each allowed label.

    Parameters
    ----------
    psi_m
        ``(2, H, W)``, negative log likelihood of the colour under the background mixture and
        under the foreground mixture; the latter counts for every label but 0.
    psi_fc
        ``(K, H, W)``, the network's potential of each allowed label, background first.
    alpha
        Weight of the network.
    out
        Where to write the result.

    Returns
    -------
    ``(K, H, W)``, of the type of psi_fc.
    """
    unary = np.empty_like(psi_fc) if out is None else out
    _unary_term(psi_m, psi_fc, alpha, unary)
    return unary


def boundary_band(mask: Bools, valid: Bools, half_width: float) -> Bools:
    """Boundary region of the motion segment: pixels at most `half_width` from its other side.

    Parameters
    ----------
    mask
        ``(H, W)`` bool, the motion mask.
    valid
        ``(H, W)`` bool, False in padding, which neither has nor makes a boundary.
    half_width
        In pixels, Euclidean.
    """
    reach = int(half_width)
    steps = np.mgrid[-reach : reach + 1, -reach : reach + 1].reshape(2, -1).T
    disc = steps[np.hypot(*steps.T) <= half_width].astype(np.int32)
    # 2 in padding: neither of the two sides.
    side = np.where(valid, mask, np.uint8(2)).astype(np.uint8)
    return np.asarray(_near_other_side(side, disc))


def pairwise_weights(
    image: Images, valid: Bools, band: Bools, lambda_: float, gamma: float
) -> Floats:
    """Cost of a label change between neighbours, the term (3) without its Dirac delta.

    lambda (1 - Delta_ij) exp(-gamma' |z_i - z_j|^2) / dist(i, j), where Delta_ij is 1 if both
    pixels lie in the boundary region and gamma' = gamma / mean(|z_i - z_j|^2 / dist(i, j)) over
    the frame's pairs, as in [29].

    Parameters
    ----------
    image
        ``(H, W, 3)`` uint8, RGB.
    valid
        ``(H, W)`` bool; pairs that leave it cost nothing.
    band
        ``(H, W)`` bool, see `boundary_band`.
    lambda_, gamma
        The paper's parameters.

    Returns
    -------
    ``(4, H, W)`` float32, by direction of `NEIGHBOURS`; 0 where the neighbour is outside the
    frame.
    """
    distance = np.array([np.hypot(*step) for step in NEIGHBOURS])
    return np.asarray(_pairwise_weights(image, valid, band, lambda_ / distance, gamma, distance))


def energy(labelling: NDArray[np.integer], unary: Floats, pairwise: Floats) -> float:
    """E(x), equation (2): the sum of the unary terms and of the broken pairs.

    Parameters
    ----------
    labelling
        ``(H, W)``, values in 0 .. K - 1.
    unary
        ``(K, H, W)``, see `unary_term`.
    pairwise
        ``(4, H, W)``, see `pairwise_weights`.
    """
    return float(_energy(labelling, unary, pairwise))


def neighbour_slices(
    step: tuple[int, int], height: int, width: int
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Slices of the pixels that have a neighbour one step away, and of those neighbours."""
    down, right = step
    here = (slice(0, height - down), slice(max(0, -right), width - max(0, right)))
    there = (slice(down, height), slice(max(0, right), width - max(0, -right)))
    return here, there


@numba.njit(cache=True, nogil=True)
def _energy(labelling, unary, pairwise):  # type: ignore[no-untyped-def]
    height, width = labelling.shape
    total = 0.0
    for y in range(height):
        for x in range(width):
            total += unary[labelling[y, x], y, x]
            for d in range(4):
                v, u = y + NEIGHBOURS[d][0], x + NEIGHBOURS[d][1]
                if v < height and 0 <= u < width and labelling[v, u] != labelling[y, x]:
                    total += pairwise[d, y, x]
    return total


@numba.njit(cache=True, nogil=True)
def _unary_term(psi_m, psi_fc, alpha, unary):  # type: ignore[no-untyped-def]
    for k in range(len(psi_fc)):
        motion, network, out = psi_m[min(k, 1)], psi_fc[k], unary[k]
        for y in range(out.shape[0]):
            for x in range(out.shape[1]):
                out[y, x] = motion[y, x] + alpha * network[y, x]


@numba.njit(cache=True, nogil=True)
def _near_other_side(side, disc):  # type: ignore[no-untyped-def]
    """Pixels of sides 0 and 1 with a pixel of the other one within the disc of offsets.

    Of those pixels, the nearest one always has a 4-neighbour that is not of its own side, so only
    such pixels are looked at.
    """
    height, width = side.shape
    near = np.zeros((height, width), np.bool_)
    for y in range(height):
        for x in range(width):
            own = side[y, x]
            if own == 2 or not (
                (y > 0 and side[y - 1, x] != own)
                or (y + 1 < height and side[y + 1, x] != own)
                or (x > 0 and side[y, x - 1] != own)
                or (x + 1 < width and side[y, x + 1] != own)
            ):
                continue
            for k in range(len(disc)):
                v, u = y + disc[k, 0], x + disc[k, 1]
                if 0 <= v < height and 0 <= u < width and side[v, u] == 1 - own:
                    near[v, u] = True
    return near


@numba.njit(cache=True, nogil=True)
def _pairwise_weights(image, valid, band, largest, gamma, distance):  # type: ignore[no-untyped-def]
    """`pairwise_weights`; `largest` and `distance` ``(4,)`` are those of each direction."""
    height, width = valid.shape
    weights = np.zeros((4, height, width), np.float32)
    total = 0.0
    count = 0
    for d in range(4):
        down, right = NEIGHBOURS[d]
        summed = np.int64(0)
        for y in range(height - down):
            for x in range(max(0, -right), width - max(0, right)):
                v, u = y + down, x + right
                if not (valid[y, x] and valid[v, u]):
                    continue
                squared = np.int32(0)
                for c in range(3):
                    step = np.int32(image[y, x, c]) - np.int32(image[v, u, c])
                    squared += step * step
                weights[d, y, x] = squared
                summed += squared
                count += 1
        total += summed / distance[d]
    scale = np.float32(-gamma * count / total if total > 0 else 0)
    bits = np.empty(width, np.int32)
    powers = bits.view(np.float32)
    for d in range(4):
        down, right = NEIGHBOURS[d]
        for y in range(height):
            row = weights[d, y]
            row *= scale
            exp_in_place(row, bits, powers)
            row *= np.float32(largest[d])
            for x in range(width):
                v, u = y + down, x + right
                inside = v < height and 0 <= u < width
                if not inside or not (valid[y, x] and valid[v, u]) or (band[y, x] and band[v, u]):
                    row[x] = 0
    return weights

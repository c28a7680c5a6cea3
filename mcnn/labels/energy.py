"""The energy (2) of the paper and its terms.

A frame has N = H x W pixels. A labelling is an array ``(H, W)`` of indices into the labels that
are allowed in the frame: 0 is the background, k the k-th tag of its video. Pairwise weights are
stored per direction of `NEIGHBOURS`, at the pixel the edge starts from.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))
"""Half of the 8-neighbourhood, as steps (row, column)."""

SMALLEST_PROBABILITY = 1e-8
"""Softmax outputs below this are raised to it before the logarithm."""

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def network_potential(probabilities: NDArray[np.floating]) -> Floats:
    """psi_fc, the negative logarithm of the softmax output, element by element."""
    return -np.log(np.maximum(probabilities.astype(np.float64), SMALLEST_PROBABILITY))


def unary_term(psi_m: Floats, psi_fc: Floats, alpha: float) -> Floats:
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

    Returns
    -------
    ``(K, H, W)``
    """
    unary = alpha * psi_fc
    unary[0] += psi_m[0]
    unary[1:] += psi_m[1]
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
    band = np.zeros(mask.shape, bool)
    for side in (mask & valid, ~mask & valid):
        if side.any():
            distance = cv2.distanceTransform(
                (~side).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE
            )
            band |= ~side & valid & (distance <= half_width)
    return band


def pairwise_weights(
    image: NDArray[np.uint8], valid: Bools, band: Bools, lambda_: float, gamma: float
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
    ``(4, H, W)``, by direction of `NEIGHBOURS`; 0 where the neighbour is outside the frame.
    """
    height, width = valid.shape
    colours = image.astype(np.int32)
    squared = np.zeros((4, height, width))
    used = np.zeros((4, height, width), bool)
    smooth = np.zeros((4, height, width), bool)
    for d, step in enumerate(NEIGHBOURS):
        here, there = neighbour_slices(step, height, width)
        squared[d][here] = ((colours[here] - colours[there]) ** 2).sum(2)
        used[d][here] = valid[here] & valid[there]
        smooth[d][here] = ~(band[here] & band[there])
    distance = np.array([np.hypot(*step) for step in NEIGHBOURS])[:, None, None]
    contrast = (squared / distance)[used]
    mean = contrast.mean() if contrast.size else 0.0
    scale = gamma / mean if mean > 0 else 0.0
    return np.where(used & smooth, lambda_ * np.exp(-scale * squared) / distance, 0.0)


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
    height, width = labelling.shape
    total = np.take_along_axis(unary, labelling[None].astype(np.intp), axis=0).sum()
    for d, step in enumerate(NEIGHBOURS):
        here, there = neighbour_slices(step, height, width)
        total += pairwise[d][here][labelling[here] != labelling[there]].sum()
    return float(total)


def neighbour_slices(
    step: tuple[int, int], height: int, width: int
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Slices of the pixels that have a neighbour one step away, and of those neighbours."""
    down, right = step
    here = (slice(0, height - down), slice(max(0, -right), width - max(0, right)))
    there = (slice(down, height), slice(max(0, right), width - max(0, -right)))
    return here, there

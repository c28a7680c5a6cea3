"""Fully connected conditional random field with Gaussian edge potentials (Krähenbühl and Koltun,
NIPS 2011), as DeepLab uses it after the network (Chen et al., ICLR 2015)."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mcnn.evaluation.permutohedral import gaussian_filter

Floats = NDArray[np.float32]

TRUNCATION = 4.0
"""Half width of the smoothness kernel in standard deviations; beyond it, less than 4e-4 is lost."""


@dataclass(frozen=True)
class DenseCrf:
    """Weights and widths of the two kernels; defaults: those quoted for DeepLab-LargeFOV.

    Attributes
    ----------
    w_app, theta_alpha, theta_beta
        Appearance kernel: weight, standard deviation in pixels and in grey levels.
    w_smooth, theta_gamma
        Smoothness kernel: weight and standard deviation in pixels.
    iterations
        Updates of the mean field.
    """

    w_app: float = 4
    theta_alpha: float = 121
    theta_beta: float = 5
    w_smooth: float = 3
    theta_gamma: float = 3
    iterations: int = 10


def dense_crf(
    probabilities: Floats, image: NDArray[np.uint8], settings: DenseCrf = DenseCrf()
) -> Floats:
    """Marginals of the mean field of a dense CRF whose unary term is -log of probabilities.

    With the Potts model and kernels that are normalised symmetrically, an update is
    Q_i(l) ~ p_i(l) exp(sum over kernels k of w_k sum over j of K_k(i, j) Q_j(l)). As in DeepLab,
    the sum over j includes i itself.

    Parameters
    ----------
    probabilities
        ``(n_labels, H, W)`` float32, of a network.
    image
        ``(H, W, 3)`` uint8, RGB.
    settings
        Weights and widths of the kernels.

    Returns
    -------
    marginals
        ``(n_labels, H, W)`` float32, which sum to 1 at every pixel.

    Raises
    ------
    ValueError
        If the image has another size than the probabilities.
    """
    if probabilities.shape[1:] != image.shape[:2]:
        raise ValueError(f"image of {image.shape[:2]}, probabilities of {probabilities.shape[1:]}")
    log_probabilities = np.log(np.maximum(probabilities, np.finfo(np.float32).tiny))
    log_probabilities = np.ascontiguousarray(log_probabilities.reshape(len(probabilities), -1).T)
    smoothness = smoothness_filter(image.shape[:2], settings.theta_gamma)
    appearance = appearance_filter(image, settings.theta_alpha, settings.theta_beta)
    marginals = _softmax(log_probabilities)
    for _ in range(settings.iterations):
        logits = log_probabilities + settings.w_smooth * smoothness(marginals)
        logits += settings.w_app * appearance(marginals)
        marginals = _softmax(logits)
    return np.ascontiguousarray(marginals.T).reshape(probabilities.shape)


def smoothness_filter(size: tuple[int, int], theta_gamma: float) -> Callable[[Floats], Floats]:
    """Normalised filter with a Gaussian over positions, of values ``(H * W, C)`` float32.

    Parameters
    ----------
    size
        (H, W).
    theta_gamma
        Standard deviation in pixels.
    """
    radius = int(np.ceil(TRUNCATION * theta_gamma))
    kernel = cv2.getGaussianKernel(2 * radius + 1, theta_gamma)

    def filtered(values: Floats) -> Floats:
        planes = values.reshape(*size, -1)
        blurred = cv2.sepFilter2D(planes, -1, kernel, kernel, borderType=cv2.BORDER_CONSTANT)
        return np.asarray(blurred, np.float32).reshape(values.shape)

    return _normalised(filtered, size[0] * size[1])


def appearance_filter(
    image: NDArray[np.uint8], theta_alpha: float, theta_beta: float
) -> Callable[[Floats], Floats]:
    """Normalised filter with a Gaussian over positions and colours, of ``(H * W, C)`` float32.

    Parameters
    ----------
    image
        ``(H, W, 3)`` uint8, RGB.
    theta_alpha, theta_beta
        Standard deviations in pixels and in grey levels.
    """
    rows, columns = np.indices(image.shape[:2], np.float32) / np.float32(theta_alpha)
    colours = image.reshape(-1, 3).astype(np.float32) / np.float32(theta_beta)
    return _normalised(
        gaussian_filter(np.column_stack([columns.ravel(), rows.ravel(), colours])), len(colours)
    )


def _normalised(filtered: Callable[[Floats], Floats], n: int) -> Callable[[Floats], Floats]:
    """D^-1/2 K D^-1/2 of a filter K of n points; D is the diagonal of K's row sums."""
    scale: Floats = (filtered(np.ones((n, 1), np.float32)) ** -0.5).astype(np.float32)
    return lambda values: scale * filtered(scale * values)


def _softmax(logits: Floats) -> Floats:
    powers: Floats = np.exp(logits - logits.max(axis=1, keepdims=True))
    powers /= powers.sum(axis=1, keepdims=True)
    return powers

"""From images to scores, probabilities and labels (docs/method.md, network)."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from mcnn.networks.base import SegmentationNetwork
from mcnn.networks.transfers import to_device, to_host


def normalise(
    images: npt.NDArray[np.uint8],
    mean: Sequence[float] | Tensor,
    std: Sequence[float] | Tensor,
    device: torch.device | str = "cpu",
) -> Tensor:
    """Input of a network.

    Parameters
    ----------
    images
        (N, H, W, 3) uint8, RGB.
    mean, std
        Of each channel, in [0, 1].
    device
        Where the result is wanted.

    Returns
    -------
    tensor
        (N, 3, H, W) float32; the mean colour is 0.

    Examples
    --------
    >>> normalise(np.full((1, 1, 1, 3), 255, np.uint8), (0.5, 0.5, 0.5), (0.5, 0.25, 1.0)).flatten()
    tensor([1.0000, 2.0000, 0.5000])
    """
    return _normalised(images, mean, std, device).contiguous()


def _normalised(
    images: npt.NDArray[np.uint8],
    mean: Sequence[float] | Tensor,
    std: Sequence[float] | Tensor,
    device: torch.device | str,
) -> Tensor:
    """As `normalise`; in memory, channels are last."""
    pixels = to_device(images, device).permute(0, 3, 1, 2)
    centre, scale = (
        torch.as_tensor(values, dtype=torch.float32, device=device).view(3, 1, 1)
        for values in (mean, std)
    )
    return (pixels / 255 - centre) / scale


def pad(images: Tensor, stride: int) -> Tensor:
    """Images padded at the right and the bottom to 1 more than a multiple of the output stride.

    Parameters
    ----------
    images
        (N, 3, H, W), normalised; they are padded with 0, the mean colour.
    stride
        The output stride.

    Examples
    --------
    >>> pad(torch.zeros(1, 3, 9, 10), 8).shape
    torch.Size([1, 3, 9, 17])
    """
    below, right = (-(side - 1) % stride for side in images.shape[2:])
    return functional.pad(images, (0, right, 0, below))


def upsample(scores: Tensor, size: tuple[int, int]) -> Tensor:
    """Bilinear interpolation of scores with aligned corners.

    Parameters
    ----------
    scores
        (N, n_labels, h, w).
    size
        (H, W) with H - 1 and W - 1 the output stride times h - 1 and w - 1, so that score k falls
        on pixel output_stride * k.

    Returns
    -------
    tensor
        (N, n_labels, H, W).
    """
    return functional.interpolate(scores, size=size, mode="bilinear", align_corners=True)


def predict_probabilities(
    network: SegmentationNetwork, images: npt.NDArray[np.uint8]
) -> npt.NDArray[np.float32]:
    """Softmax of a network's scores at every pixel.

    Images are padded (`pad`); the scores, not the probabilities, are interpolated. The network
    computes in evaluation mode on its own device, and keeps the mode that it was in.

    Parameters
    ----------
    network
        Any network of `build_network`.
    images
        (N, H, W, 3) uint8, RGB, of any size.

    Returns
    -------
    probabilities
        (N, n_labels, H, W) float32.
    """
    return to_host(_scores(network, images, torch.contiguous_format).softmax(dim=1))()


def predict_labels(
    network: SegmentationNetwork, image: npt.NDArray[np.uint8]
) -> npt.NDArray[np.uint8]:
    """Most probable label of every pixel of an image; see `predict_label_maps`.

    Parameters
    ----------
    network
        Any network of `build_network`.
    image
        (H, W, 3) uint8, RGB, of any size.

    Returns
    -------
    labels
        (H, W) uint8; 0 is the background, the first class is 1.
    """
    return predict_label_maps(network, image[None])[0]


def predict_label_maps(
    network: SegmentationNetwork, images: npt.NDArray[np.uint8]
) -> npt.NDArray[np.uint8]:
    """Most probable label of every pixel of some images.

    Parameters
    ----------
    network
        Any network of `build_network`.
    images
        (N, H, W, 3) uint8, RGB, of any size.

    Returns
    -------
    labels
        (N, H, W) uint8.
    """
    # max also finds where it is, the first of equal ones, six times as fast as argmax.
    scores = _scores(network, images, torch.channels_last)
    return to_host(scores.max(dim=1).indices.to(torch.uint8))()


@torch.no_grad()
def _scores(
    network: SegmentationNetwork, images: npt.NDArray[np.uint8], order: torch.memory_format
) -> Tensor:
    """Scores (N, n_labels, H, W) at every pixel, in the order in memory that is faster for what
    follows."""
    height, width = images.shape[1:3]
    device = network.mean.device
    inputs = _normalised(images, network.mean, network.std, device)
    # On a CPU convolutions take two thirds of the time if channels are last.
    of_inputs = torch.channels_last if device.type == "cpu" else torch.contiguous_format
    padded = pad(inputs, network.output_stride).contiguous(memory_format=of_inputs)
    training = network.training
    network.eval()
    try:
        scores = network(padded).contiguous(memory_format=order)
    finally:
        network.train(training)
    size = (padded.shape[2], padded.shape[3])
    return upsample(scores, size)[:, :, :height, :width]

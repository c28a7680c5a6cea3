"""A trained network with all that is around it, from pixels to labels, as one torch module."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from mcnn.networks.base import SegmentationNetwork
from mcnn.networks.scores import upsample


class ImageToLabels(nn.Module):
    """Labels and their probabilities of RGB images of any size.

    What `mcnn.networks.scores.predict_probabilities` computes, with normalisation, padding and
    interpolation inside, so that it can be exported.

    Parameters
    ----------
    network
        Any network of `build_network`.
    """

    def __init__(self, network: SegmentationNetwork) -> None:
        super().__init__()
        self.network = network.eval()

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Labels and probabilities.

        Parameters
        ----------
        images
            ``(N, H, W, 3)`` uint8, RGB.

        Returns
        -------
        labels
            ``(N, H, W)`` uint8, the most probable ones; 0 is the background.
        probabilities
            ``(N, n_labels, H, W)`` float32, which sum to 1 at every pixel.
        """
        height, width = images.shape[1:3]
        stride = self.network.output_stride
        mean, std = (x.view(3, 1, 1) for x in (self.network.mean, self.network.std))
        inputs = (images.permute(0, 3, 1, 2) / 255 - mean) / std
        below, right = (-(side - 1) % stride for side in (height, width))
        scores = self.network(functional.pad(inputs, (0, right, 0, below)))
        scores = upsample(scores, (height + below, width + right))[:, :, :height, :width]
        probabilities = scores.softmax(dim=1)
        return probabilities.argmax(dim=1).to(torch.uint8), probabilities

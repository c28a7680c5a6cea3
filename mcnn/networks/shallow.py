"""A shallow network that learns the rendered world from scratch on a CPU."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional

from mcnn.config.network import Network
from mcnn.networks.base import SegmentationNetwork, hidden_convolution, last_layer, scaled

DILATIONS = (1, 2, 4, 8)


class Shallow(SegmentationNetwork):
    """Two convolutions with stride 2, four dilated ones, and a classifier on the outputs of all.

    Pretrained features are well conditioned; these must become so by themselves, within a few
    hundred updates of plain SGD. Two things see to it. The classifier reads every resolution of
    context directly, from a receptive field of 9 pixels to one of 129. And each channel is
    normalised to mean 0 in every frame, the classifier's own input included: a mini-batch holds
    the one class of its shot, and features with a common mean would spend the updates on raising
    that class everywhere and the next one in turn. With ReLUs or a coarser group normalisation
    before the classifier, the network stays at all background.

    Parameters
    ----------
    settings
        `width` multiplies the channels.
    n_labels
        Number of classes plus one for the background.
    """

    output_stride = 4

    def __init__(self, settings: Network, n_labels: int) -> None:
        super().__init__(settings)
        first, channels, mixed = (scaled(n, settings.width) for n in (24, 48, 64))
        self.stem = nn.Sequential(
            *_normalised(3, first, 5, stride=2),
            nn.ReLU(inplace=True),
            *_normalised(first, channels, 3, stride=2),
        )
        self.context = nn.ModuleList(
            nn.Sequential(*_normalised(channels, channels, 3, dilation=dilation))
            for dilation in DILATIONS
        )
        self.classifier = nn.Sequential(
            nn.ReLU(inplace=True),
            *_normalised((1 + len(DILATIONS)) * channels, mixed, 1),
            last_layer(mixed, n_labels),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Scores (N, n_labels, h, w) of normalised images (N, 3, H, W)."""
        features = [self.stem(images)]
        for block in self.context:
            features.append(block(functional.relu(features[-1])))
        scores: Tensor = self.classifier(torch.cat(features, dim=1))
        return scores


def _normalised(
    in_channels: int, out_channels: int, kernel: int, stride: int = 1, dilation: int = 1
) -> Iterable[nn.Module]:
    convolution = hidden_convolution(
        in_channels,
        out_channels,
        kernel,
        stride=stride,
        padding=dilation * (kernel // 2),
        dilation=dilation,
        bias=False,
    )
    return convolution, nn.GroupNorm(num_groups=out_channels, num_channels=out_channels)

"""A shallow network that learns the rendered world from scratch on a CPU."""

from torch import Tensor, nn

from mcnn.config.method import Network
from mcnn.networks.base import SegmentationNetwork, hidden_convolution, last_layer, scaled

DILATIONS = (1, 2, 4, 8, 2)


class Shallow(SegmentationNetwork):
    """Seven convolutions, two of them with stride 2, dilated ones behind them as in DeepLab.

    Group normalisation stands in for pretraining: without either, plain SGD makes no headway in
    the demo's few hundred updates. It normalises each frame by itself, because the frames of a
    mini-batch, all of one shot, would make poor statistics.

    Parameters
    ----------
    settings
        Section `network`; `width` multiplies the channels.
    n_labels
        Number of classes plus one.
    """

    output_stride = 4

    def __init__(self, settings: Network, n_labels: int) -> None:
        super().__init__(settings)
        first, channels = scaled(32, settings.width), scaled(48, settings.width)
        self.features = nn.Sequential(
            *_block(3, first, 5, stride=2),
            *_block(first, channels, 3, stride=2),
            *(layer for d in DILATIONS for layer in _block(channels, channels, 3, dilation=d)),
        )
        self.classifier = nn.Sequential(nn.Dropout(0.1), last_layer(channels, n_labels))

    def forward(self, images: Tensor) -> Tensor:
        """Scores ``(N, n_labels, h, w)`` of normalised images ``(N, 3, H, W)``."""
        scores: Tensor = self.classifier(self.features(images))
        return scores


def _block(
    in_channels: int, out_channels: int, kernel: int, stride: int = 1, dilation: int = 1
) -> list[nn.Module]:
    convolution = hidden_convolution(
        in_channels,
        out_channels,
        kernel,
        stride=stride,
        padding=dilation * (kernel // 2),
        dilation=dilation,
    )
    return [convolution, nn.GroupNorm(out_channels // 8, out_channels), nn.ReLU(inplace=True)]

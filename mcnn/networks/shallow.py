"""A shallow network that learns the rendered world from scratch on a CPU."""

from torch import Tensor, nn

from mcnn.config.method import Network
from mcnn.networks.base import SegmentationNetwork, hidden_convolution, last_layer, scaled


class Shallow(SegmentationNetwork):
    """DRAFT."""

    output_stride = 4

    def __init__(self, settings: Network, n_labels: int) -> None:
        super().__init__(settings)
        c1, c = scaled(32, settings.width), scaled(48, settings.width)
        def block(i, o, k, s=1, d=1):
            return [hidden_convolution(i, o, k, stride=s, padding=d * (k // 2), dilation=d), nn.GroupNorm(o // 8, o), nn.ReLU(inplace=True)]
        L = block(3, c1, 5, 2) + block(c1, c, 3, 2)
        for d in (1, 2, 4, 8, 2):
            L += block(c, c, 3, 1, d)
        self.features = nn.Sequential(*L)
        self.classifier = nn.Sequential(nn.Dropout(0.1), last_layer(c, n_labels))

    def forward(self, images: Tensor) -> Tensor:
        return self.classifier(self.features(images))

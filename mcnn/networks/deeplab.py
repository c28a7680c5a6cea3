"""DeepLab on VGG-16 with a large or a small field of view (docs/method.md, network).

The networks are plain torch with the state-dict names of torchvision's ``vgg16``: ``features.<i>``
for the convolutions and ``classifier.{0,3,6}`` for fc6, fc7 and fc8.

What "FOV 224" is: DeepLab's name for the extent of fc6. VGG-16's own fc6 looks at 7 x 7 cells of
pool5, each standing for the 32 x 32 pixels of its stride, hence 7 * 32 = 224. Here pool5 has stride
8, fc6 spans 25 cells (3 taps, 12 apart) or 13 cells (4 taps, 4 apart), and by the same arithmetic
24 * 8 + 32 = 224 and 12 * 8 + 32 = 128 pixels.

What it is not: the size of the crop, or the receptive field, all the pixels that a unit of fc6
depends on. A cell of pool5 sees far more than 32 pixels. From the input up, an r x r field whose
neighbours are j pixels apart grows by (kernel - 1) * dilation * j per layer:

==============================  ==========  ====  ====
layers                          growth       r     j
==============================  ==========  ====  ====
conv1 (2), pool1                2+2, 2         7     2
conv2 (2), pool2                4+4, 4        19     4
conv3 (3), pool3                3*8, 8        51     8
conv4 (3), pool4                3*16, 16     115     8
conv5 (3, dilation 2), pool5    3*32, 16     227     8
average pool (large FOV only)   16           243     8
fc6 large / small               192 / 96     435 / 323
==============================  ==========  ====  ====
"""

from typing import NamedTuple

from torch import Tensor, nn

from mcnn.config.network import Network
from mcnn.networks.base import SegmentationNetwork, hidden_convolution, last_layer, scaled
from mcnn.networks.dropout import Dropout


class Field(NamedTuple):
    """What distinguishes the two fields of view."""

    kernel: int
    dilation: int
    channels: int
    average_pool: bool


FIELDS = {
    "deeplab_large_fov": Field(kernel=3, dilation=12, channels=1024, average_pool=True),
    "deeplab_small_fov": Field(kernel=4, dilation=4, channels=4096, average_pool=False),
}
_BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))


class DeepLab(SegmentationNetwork):
    """DeepLab on VGG-16, output stride 8; see the module's text for the fields of view.

    Parameters
    ----------
    settings
        `architecture` is a key of `FIELDS`; `width` multiplies all channel counts.
    n_labels
        Number of classes plus one for the background.
    """

    output_stride = 8

    def __init__(self, settings: Network, n_labels: int) -> None:
        super().__init__(settings)
        field = FIELDS[settings.architecture]
        self.features = _features(settings.width)
        self.pool = nn.AvgPool2d(3, 1, 1) if field.average_pool else nn.Identity()
        channels = scaled(field.channels, settings.width)
        self.classifier = nn.Sequential(
            hidden_convolution(
                scaled(_BLOCKS[-1][0], settings.width),
                channels,
                field.kernel,
                dilation=field.dilation,
                padding=field.dilation * (field.kernel - 1) // 2,
            ),
            nn.ReLU(inplace=True),
            Dropout(0.5),
            hidden_convolution(channels, channels, 1),
            nn.ReLU(inplace=True),
            Dropout(0.5),
            last_layer(channels, n_labels),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Scores (N, n_labels, h, w) of normalised images (N, 3, H, W)."""
        scores: Tensor = self.classifier(self.pool(self.features(images)))
        return scores


def _features(width: float) -> nn.Sequential:
    layers: list[nn.Module] = []
    in_channels = 3
    for block, (channels, depth) in enumerate(_BLOCKS, start=1):
        dilation = 2 if block == 5 else 1
        for _ in range(depth):
            convolution = hidden_convolution(
                in_channels, scaled(channels, width), 3, padding=dilation, dilation=dilation
            )
            layers += [convolution, nn.ReLU(inplace=True)]
            in_channels = convolution.out_channels
        layers.append(nn.MaxPool2d(3, stride=2 if block <= 3 else 1, padding=1))
    return nn.Sequential(*layers)

"""torchvision's SqueezeNet and ResNets, dilated to output stride 8, with a small head.

Their layers keep torchvision's state-dict names, so its ImageNet weights fit; only the head
(``classifier.*``) is new. Where torchvision reduces the resolution beyond stride 8, the stride is
dropped and the layers behind it are dilated: a filter sees the same image positions as before.
"""

from torch import Tensor, nn

from mcnn._torchvision import import_torchvision
from mcnn.config.network import Network
from mcnn.networks.base import SegmentationNetwork, hidden_convolution, last_layer

_HEAD_CHANNELS = 256
_HEAD_DILATION = 6


class SqueezeNet(SegmentationNetwork):
    """torchvision's ``squeezenet1_1`` with padded pools, so that scores and pixels are aligned.

    Parameters
    ----------
    settings
        Only its statistics of the input are used.
    n_labels
        Number of classes plus one for the background.
    """

    normalises_frames = True
    output_stride = 8

    def __init__(self, settings: Network, n_labels: int) -> None:
        super().__init__(settings)
        self.features = import_torchvision().models.squeezenet1_1(weights=None).features
        self.features[0].padding = (1, 1)
        for i in (2, 5, 8):
            self.features[i].padding, self.features[i].ceil_mode = 1, False
        self.features[8].stride = 1
        _dilate(self.features[9:], 2)
        self.classifier = _head(512, n_labels)

    def forward(self, images: Tensor) -> Tensor:
        """Scores (N, n_labels, h, w) of normalised images (N, 3, H, W)."""
        scores: Tensor = self.classifier(self.features(images))
        return scores


class ResNet(SegmentationNetwork):
    """torchvision's ``resnet18`` or ``resnet50``, batch normalisation frozen.

    A mini-batch is one shot, ten nearly equal frames, whose statistics say nothing about the
    dataset: the normalisation keeps its pretrained statistics and its affine part throughout.

    Parameters
    ----------
    settings
        `architecture` names torchvision's model.
    n_labels
        Number of classes plus one for the background.
    """

    normalises_frames = True
    output_stride = 8

    def __init__(self, settings: Network, n_labels: int) -> None:
        super().__init__(settings)
        torchvision = import_torchvision()
        model = torchvision.models.get_model(
            settings.architecture,
            weights=None,
            norm_layer=torchvision.ops.misc.FrozenBatchNorm2d,
        )
        self.conv1, self.bn1, self.relu, self.maxpool = (
            model.conv1,
            model.bn1,
            model.relu,
            model.maxpool,
        )
        self.layer1, self.layer2 = model.layer1, model.layer2
        self.layer3, self.layer4 = model.layer3, model.layer4
        _dilate(self.layer3, 2)
        _dilate(self.layer4, 4)
        self.classifier = _head(model.fc.in_features, n_labels)

    def forward(self, images: Tensor) -> Tensor:
        """Scores (N, n_labels, h, w) of normalised images (N, 3, H, W)."""
        features = self.maxpool(self.relu(self.bn1(self.conv1(images))))
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            features = layer(features)
        scores: Tensor = self.classifier(features)
        return scores


def _dilate(block: nn.Module, dilation: int) -> None:
    """Drop the strides of a block's convolutions and dilate its 3x3 ones.

    A convolution that had the stride still reads the finer grid: its dilation is the one of the
    block before, half of the others'.
    """
    for layer in block.modules():
        if isinstance(layer, nn.Conv2d):
            spacing = dilation // 2 if layer.stride == (2, 2) else dilation
            layer.stride = (1, 1)
            if layer.kernel_size == (3, 3):
                layer.dilation = layer.padding = (spacing, spacing)


def _head(in_channels: int, n_labels: int) -> nn.Sequential:
    """Each channel is normalised to mean 0 in every frame before the last layer.

    A mini-batch holds the one class of its shot. Features with a common mean, as rectified ones
    have, would spend the updates on raising that class everywhere and the next one in turn, until
    only the background is left; see `Shallow`.
    """
    return nn.Sequential(
        nn.Dropout(0.5),
        hidden_convolution(
            in_channels,
            _HEAD_CHANNELS,
            3,
            padding=_HEAD_DILATION,
            dilation=_HEAD_DILATION,
            bias=False,
        ),
        nn.GroupNorm(num_groups=_HEAD_CHANNELS, num_channels=_HEAD_CHANNELS),
        last_layer(_HEAD_CHANNELS, n_labels),
    )

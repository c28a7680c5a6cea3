"""torchvision's SqueezeNet and MobileNetV2, with one linear layer on the grid of stride 8.

Their layers keep torchvision's state-dict names, so its ImageNet weights fit; only the classifier
(``classifier.*``) is new.
"""

from collections.abc import Collection
from itertools import pairwise
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from mcnn._torchvision import import_torchvision
from mcnn.config.network import Network
from mcnn.networks.levels import Level, LevelNetwork


class SqueezeNet(LevelNetwork):
    """torchvision's ``squeezenet1_1`` with padded pools, so that scores and pixels are aligned.

    The levels are the last fire modules before and after the last pool. That loses its stride, and
    the modules behind it are dilated: a filter sees the same image positions as before.

    Parameters
    ----------
    settings
        Only its statistics of the input are used.
    n_labels
        Number of classes plus one for the background.
    """

    ends = (7, 12)

    def __init__(self, settings: Network, n_labels: int) -> None:
        super().__init__(settings, n_labels, (Level(256), Level(512)))
        self.features = import_torchvision().models.squeezenet1_1(weights=None).features
        self.features[0].padding = (1, 1)
        for i in (2, 5, 8):
            self.features[i].padding, self.features[i].ceil_mode = 1, False
        self.features[8].stride = 1
        _dilate(self.features[9:], 2)

    def levels(self, images: Tensor) -> list[Tensor]:
        """Features of the fire modules `ends`, (N, 256, h, w) and (N, 512, h, w)."""
        return _outputs(self.features, images, self.ends)


class MobileNetV2(LevelNetwork):
    """torchvision's ``mobilenet_v2``, batch normalisation frozen.

    A mini-batch is one shot, ten nearly equal frames, whose statistics say nothing about the
    dataset: the normalisation keeps its pretrained statistics and its affine part throughout. The
    levels are the last blocks of the strides 8, 16 and 32; docs/experiments.md says why it is not
    dilated.

    Parameters
    ----------
    settings
        Only its statistics of the input are used.
    n_labels
        Number of classes plus one for the background.
    """

    ends = (6, 13, 17)

    def __init__(self, settings: Network, n_labels: int) -> None:
        super().__init__(settings, n_labels, (Level(32), Level(96, 16), Level(320, 32)))
        torchvision = import_torchvision()
        frozen = torchvision.ops.misc.FrozenBatchNorm2d
        model = torchvision.models.mobilenet_v2(weights=None, norm_layer=frozen)
        self.features = model.features[:18]
        _fold(self.features)

    def levels(self, images: Tensor) -> list[Tensor]:
        """Features of the blocks `ends`: 32 at stride 8, 96 at stride 16, 320 at stride 32."""
        images = images.contiguous(memory_format=torch.channels_last)
        return [x.contiguous() for x in _outputs(self.features, images, self.ends)]


class _NormalisedConv2d(nn.Conv2d):
    """A convolution that does the work of the frozen normalisation behind it, in one pass.

    Its weights are w s and its biases b - m s, of the convolution's w and the normalisation's mean
    m, bias b and scale s. Both keep their tensors.
    """

    norm: tuple[Any]  # In a tuple, it is no submodule.

    def forward(self, input: Tensor) -> Tensor:
        """Normalised output of the convolution."""
        (norm,) = self.norm
        scale = norm.weight * (norm.running_var + norm.eps).rsqrt()
        weight = self.weight * scale.view(-1, 1, 1, 1)
        bias = norm.bias - norm.running_mean * scale
        on_cpu = input.device.type == "cpu" and not torch.compiler.is_compiling()
        if on_cpu and self.is_pointwise():
            # The same products; torch's convolution would bring the channels to the front first.
            pixels = input.permute(0, 2, 3, 1)
            return functional.linear(pixels, weight[:, :, 0, 0], bias).permute(0, 3, 1, 2)
        return self._conv_forward(input, weight, bias)

    def is_pointwise(self) -> bool:
        """Whether each output is of one pixel's channels, at the pixel's place."""
        return self.kernel_size == self.stride == (1, 1) and self.groups == 1


def _identity(features: Tensor) -> Tensor:
    return features


def _fold(layers: nn.Module) -> None:
    """Let every convolution with a frozen normalisation right behind it do the work of both."""
    children = list(layers.children())
    for convolution, norm in pairwise(children):
        if isinstance(convolution, nn.Conv2d) and hasattr(norm, "running_var"):
            convolution.__class__ = _NormalisedConv2d
            cast(_NormalisedConv2d, convolution).norm = (norm,)
            norm.forward = _identity
    for child in children:
        _fold(child)


def _outputs(layers: nn.Sequential, images: Tensor, ends: Collection[int]) -> list[Tensor]:
    """What the layers of these indices give."""
    found, features = [], images
    for i, layer in enumerate(layers):
        features = layer(features)
        if i in ends:
            found.append(features)
    return found


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

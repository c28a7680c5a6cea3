"""One linear layer on features of several depths of a pretrained backbone.

The last block of a classifier knows *what* is seen, earlier ones *where*. Their features are put on
one grid, side by side, and standardised per channel by the statistics of the training frames.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from mcnn.config.network import Network
from mcnn.networks.base import SegmentationNetwork, last_layer


class Level(NamedTuple):
    """Where the features of a level lie: feature k belongs to pixel spacing * k + offset.

    Attributes
    ----------
    channels
        Number of features at each place.
    spacing
        Pixels between two neighbours.
    offset
        Pixel of the first one.
    """

    channels: int
    spacing: float = 8
    offset: float = 0


class Standardise(nn.Module):
    """Features less their mean, over their deviation, per channel.

    The statistics are measured once, before a training (`mcnn.training.calibrate`), and belong to
    the network like its weights: to the state dict and the model's file, though no update touches
    them. They do not depend on what else a frame shows, so neither do the scores. Followed by a
    linear layer of weights w and biases b, this is one linear layer of weights w / std and biases
    b - w mean / std, into which it may be folded.

    Parameters
    ----------
    channels
        Number of channels.

    Attributes
    ----------
    mean, std
        (channels,) float32, 0 and 1 until they are measured.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("std", torch.ones(channels))

    def forward(self, features: Tensor) -> Tensor:
        """Standardised features, (N, channels, h, w) as those given."""
        return (features - self.mean.view(-1, 1, 1)) / self.std.view(-1, 1, 1)


class LevelNetwork(SegmentationNetwork):
    """A backbone whose features at several levels are read by one linear layer.

    A class derived from it builds its backbone and says in `levels` what comes out of it.

    Parameters
    ----------
    settings
        Settings of the network.
    n_labels
        Number of classes plus one for the background.
    levels
        The levels in the order in which `levels` gives them.
    """

    output_stride = 8

    def __init__(self, settings: Network, n_labels: int, levels: tuple[Level, ...]) -> None:
        super().__init__(settings)
        self.places = levels
        channels = sum(level.channels for level in levels)
        self.classifier = nn.Sequential(Standardise(channels), last_layer(channels, n_labels))

    @property
    def standardise(self) -> Standardise:
        """The layer that holds the statistics of the features."""
        layer = self.classifier[0]
        assert isinstance(layer, Standardise)
        return layer

    def levels(self, images: Tensor) -> list[Tensor]:
        """Features (N, channels, h, w) of each level, of normalised images (N, 3, H, W)."""
        raise NotImplementedError

    def level_features(self, images: Tensor) -> Tensor:
        """Features of all levels where the scores are, before they are standardised.

        Parameters
        ----------
        images
            (N, 3, H, W), normalised.

        Returns
        -------
        features
            (N, channels, h, w) with h = (H - 1) // 8 + 1 and w likewise.
        """
        height, width = ((side - 1) // self.output_stride + 1 for side in images.shape[2:])
        found = zip(self.levels(images), self.places, strict=True)
        return torch.cat([resample(x, level, (height, width)) for x, level in found], dim=1)

    def forward(self, images: Tensor) -> Tensor:
        """Scores (N, n_labels, h, w) of normalised images (N, 3, H, W)."""
        scores: Tensor = self.classifier(self.level_features(images))
        return scores


def resample(
    features: Tensor,
    level: Level,
    size: tuple[int, int],
    stride: int = LevelNetwork.output_stride,
    first: tuple[int, int] = (0, 0),
) -> Tensor:
    """Features of a level at the pixels of the scores, by linear interpolation along each axis.

    Parameters
    ----------
    features
        (N, channels, h, w).
    level
        Where they lie.
    size
        Rows and columns wanted. Outside of the first and the last feature those are repeated.
    stride
        Pixels between two neighbours wanted.
    first
        Pixel, row and column, of the first one wanted.

    Returns
    -------
    features
        (N, channels, *size).
    """
    here = (level.spacing, level.offset, features.shape[2:], first)
    if here == (stride, 0, size, (0, 0)):
        return features
    rows, columns = (
        _interpolation(n, wanted, level, stride, pixel, features)
        for n, wanted, pixel in zip(features.shape[2:], size, first, strict=True)
    )
    return rows @ features @ columns.T


def _interpolation(
    n: int, wanted: int, level: Level, stride: int, first: int, like: Tensor
) -> Tensor:
    """Weights (wanted, n) of n features at the places wanted; each row sums to 1."""
    pixels = first + stride * torch.arange(wanted, dtype=torch.float64)
    places = ((pixels - level.offset) / level.spacing).clamp(0, n - 1)
    distance = (places[:, None] - torch.arange(n)).abs()
    return (1 - distance).clamp(min=0).to(like)

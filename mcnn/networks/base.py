"""What all segmentation networks have in common."""

import torch
from torch import Tensor, nn

from mcnn.config.network import Network
from mcnn.errors import ConfigError
from mcnn.networks.gpus import own_gpu


class SegmentationNetwork(nn.Module):
    """A fully convolutional network that scores every `output_stride`-th pixel.

    ``forward`` takes normalised float32 images (N, 3, H, W) and returns raw scores
    (N, n_labels, h, w) with h = (H - 1) // output_stride + 1 and w likewise. Score k belongs to
    pixel output_stride * k, so scores are upsampled with aligned corners where H - 1 and W - 1 are
    multiples of output_stride; `mcnn.networks.scores` pads images to such sizes.

    Parameters
    ----------
    settings
        Settings of the network; mean and deviation of the input become buffers outside the state
        dict.

    Attributes
    ----------
    settings
        The settings given, mean and deviation of the input as numbers.
    output_stride
        Pixels between two neighbouring scores.
    classifier
        The last layers; the very last one has a row of weights per label.
    mean, std
        (3,) float32, statistics of the input in [0, 1].
    """

    output_stride: int
    classifier: nn.Sequential
    mean: Tensor
    std: Tensor

    def __init__(self, settings: Network) -> None:
        super().__init__()
        self.settings = settings.resolved()
        mean, std = settings.statistics()
        self.register_buffer("mean", torch.tensor(mean), persistent=False)
        self.register_buffer("std", torch.tensor(std), persistent=False)

    def classifier_parameters(self) -> list[nn.Parameter]:
        """Weight and bias of the last layer, which learns with a rate of its own."""
        return list(self.classifier[-1].parameters())

    def classifier_names(self) -> tuple[str, str]:
        """Names of weight and bias of the last layer in the state dict."""
        last = f"classifier.{len(self.classifier) - 1}"
        return f"{last}.weight", f"{last}.bias"


def last_layer(in_channels: int, n_labels: int) -> nn.Conv2d:
    """1x1 convolution to the scores, gaussian with deviation 0.01 (docs/method.md, network)."""
    layer = nn.Conv2d(in_channels, n_labels, 1)
    nn.init.normal_(layer.weight, std=0.01)
    nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
    return layer


def hidden_convolution(
    in_channels: int,
    out_channels: int,
    kernel: int,
    *,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    bias: bool = True,
) -> nn.Conv2d:
    """Convolution with Kaiming's initial weights for a ReLU behind it, and zero biases if any."""
    layer = nn.Conv2d(in_channels, out_channels, kernel, stride, padding, dilation, bias=bias)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def scaled(channels: int, width: float) -> int:
    """Number of channels times `width`, rounded to a multiple of 8, at least 8."""
    return max(8, round(channels * width / 8) * 8)


def pick_device(name: str) -> torch.device:
    """Device by name; ``auto`` is CUDA where there is one, else MPS, else the CPU.

    Where several GPUs are visible, ``auto`` and ``cuda`` are one that no other process has
    (`mcnn.networks.gpus.own_gpu`).

    Parameters
    ----------
    name
        auto, or a device of torch's: cpu, cuda, cuda:1, mps.

    Raises
    ------
    ConfigError
        If it is none of these, or this machine or this build of torch has no such device.
    """
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        name = next(device for device, is_there in there.items() if is_there)
    usable = ", ".join(device for device, is_there in there.items() if is_there)
    problem = f"device: got {name!r}, torch {torch.__version__} can use auto, {usable}"
    try:
        device = torch.device(name)
    except RuntimeError:
        raise ConfigError(problem) from None
    if not there.get(device.type, True):
        raise ConfigError(problem)
    return torch.device("cuda", own_gpu()) if name == "cuda" else device

"""timm's models as backbones: any that gives features of images of any size.

The levels are the last three of a model in stages, of strides 8, 16 and 32, or, of a model that
keeps one resolution as vision transformers do, the blocks at one half and three quarters of its
depth and the last one. Where timm can drop the strides beyond 8 or 16 in favour of dilation, it
does. All are resampled to the grid of the scores.
"""

import math
from collections.abc import Sequence
from itertools import product
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from mcnn._timm import import_timm
from mcnn.config.network import Network
from mcnn.errors import ConfigError
from mcnn.networks.levels import Level, LevelNetwork

PREFIX = "timm:"
_ANY_SIZE: tuple[dict[str, Any], ...] = ({"dynamic_img_size": True}, {"strict_img_size": False}, {})
_STRIDES: tuple[dict[str, Any], ...] = ({"output_stride": 8}, {"output_stride": 16}, {})


class Timm(LevelNetwork):
    """A model of timm's, always in evaluation mode.

    A mini-batch is one shot, ten nearly equal frames, whose statistics say nothing about the
    dataset: batch normalisation keeps its pretrained statistics, and there is no dropout and no
    stochastic depth. In the state dict the model's tensors have timm's names behind ``backbone.``.

    Parameters
    ----------
    settings
        `architecture` is ``timm:`` and the model's name.
    n_labels
        Number of classes plus one for the background.

    Raises
    ------
    ConfigError
        If timm has no such model, or it takes only images of one size.
    """

    def __init__(self, settings: Network, n_labels: int) -> None:
        settings.statistics()  # Of no unknown model.
        model, indices, levels = _create(settings.architecture.removeprefix(PREFIX))
        super().__init__(settings, n_labels, levels)
        self.multiple = _multiple(model)
        self.indices = model.prune_intermediate_layers(indices, prune_norm=True, prune_head=True)
        self.backbone = model.eval()

    def train(self, mode: bool = True) -> "Timm":
        """Set the mode of all but the backbone, which stays in evaluation mode."""
        super().train(mode)
        self.backbone.eval()
        return self

    def levels(self, images: Tensor) -> list[Tensor]:
        """Features (N, channels, h, w) of each level, of normalised images (N, 3, H, W).

        The images are padded at the right and the bottom with 0, the mean colour, to multiples of
        the largest stride or of the patches.
        """
        below, right = (-side % self.multiple for side in images.shape[2:])
        return _features(self.backbone, functional.pad(images, (0, right, 0, below)), self.indices)


def _create(name: str) -> tuple[Any, list[int], tuple[Level, ...]]:
    """A model with random weights in evaluation mode, which levels are read, and where they lie.

    It has the first options by which it can be built and gives features of images of any size. A
    stride that is dropped from a filter of even width would leave a shift of half a place.
    """
    timm = import_timm()
    reason: Exception | None = None
    for size, stride in product(_ANY_SIZE, _STRIDES):
        try:
            model = timm.create_model(name, **size, **stride).eval()
            if stride and any(map(_shifts, model.modules())):
                continue
            indices = _indices(model)
            return model, indices, _places(model, indices)
        except (TypeError, AssertionError, AttributeError, IndexError, RuntimeError) as error:
            reason = error
    raise ConfigError(
        f"network.architecture: got '{PREFIX}{name}', expected a model that gives features of "
        f"images of any size ({type(reason).__name__}: {reason})"
    ) from reason


def _multiple(model: Any) -> int:
    """What the sides of an image are padded to a multiple of."""
    return math.lcm(*(int(info["reduction"]) for info in model.feature_info))


def _indices(model: Any) -> list[int]:
    """The levels that are read, out of all that the model has."""
    n = len(model.feature_info)
    if len({info["reduction"] for info in model.feature_info}) > 1:
        return list(range(n))[-3:]
    return [n // 2 - 1, 3 * n // 4 - 1, n - 1]


def _features(model: Any, images: Tensor, indices: Sequence[int]) -> list[Tensor]:
    found = model.forward_intermediates(
        images, indices=list(indices), output_fmt="NCHW", intermediates_only=True
    )
    return list(found)


@torch.no_grad()
def _places(model: Any, indices: Sequence[int]) -> tuple[Level, ...]:
    """Channels, spacing and offset of each level, as an image shows them.

    It is a strip that is longer than the images that the model is made for.
    """
    multiple = _multiple(model)
    length = multiple * (model.pretrained_cfg["input_size"][-1] // multiple + 1)
    sides = 2 * multiple, max(3 * multiple, length)
    layers: list[tuple[int, int, float]] = []

    def watch(layer: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        before, after = (_spacing(x, sides) for x in (inputs[0], output))
        if before and after and before < after:
            layers.append((before, after, _offset(layer)))

    sampling = [x for x in model.modules() if hasattr(x, "stride") and hasattr(x, "padding")]
    hooks = [layer.register_forward_hook(watch) for layer in sampling]
    try:
        found = _features(model, torch.zeros(1, 3, *sides), indices)
    finally:
        for hook in hooks:
            hook.remove()
    places = []
    for features in found:
        spacing = _spacing(features, sides)
        assert spacing, f"of {sides} pixels there are {tuple(features.shape)} features"
        places.append(Level(features.shape[1], spacing, _offset_of_path(layers, spacing)))
    return tuple(places)


def _shifts(layer: nn.Module) -> bool:
    """Whether a layer is a convolution that keeps the grid and moves features by half a place."""
    return isinstance(layer, nn.Conv2d) and layer.stride == (1, 1) and _offset(layer) % 1 > 0


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, tuple | list) else value


def _spacing(features: Tensor, sides: tuple[int, int]) -> int | None:
    """Pixels between two features, if they are as many as go into the image evenly."""
    if features.ndim != 4:
        return None
    spacings = {side / n for side, n in zip(sides, features.shape[2:], strict=True)}
    return int(spacings.pop()) if len(spacings) == 1 and min(spacings).is_integer() else None


def _offset(layer: Any) -> float:
    """Place of a layer's first output in its input, counted from the first one there."""
    size = getattr(layer, "kernel_size", None) or layer.filt_size
    stride, padding = _first(layer.stride), _first(layer.padding)
    extent = _first(getattr(layer, "dilation", 1)) * (_first(size) - 1)
    if padding == "same":
        padding = extent // 2
    if type(layer).__name__.endswith("Same"):
        # TensorFlow's padding, of an input that is a multiple of the stride.
        padding = max(extent + 1 - stride, 0) // 2
    return float(extent / 2 - padding)


def _offset_of_path(layers: Sequence[tuple[int, int, float]], spacing: int) -> float:
    """Pixel of the first feature of a level.

    From grid to grid, the last layer to reach the next coarser one counts: earlier ones are side
    paths, as that of keys and values in attention. (A pooled shortcut and the filters beside it
    may differ by half a place of the finer grid.) What no layer explains merges patches.
    """
    pixel, here = 0.0, 1
    while here < spacing:
        steps = [step for step in layers if step[0] == here and step[1] <= spacing]
        nearest = min((step[1] for step in steps), default=spacing)
        offsets = [offset for _, there, offset in steps if there == nearest]
        pixel += here * (offsets[-1] if offsets else (nearest / here - 1) / 2)
        here = nearest
    return pixel

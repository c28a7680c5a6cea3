"""Settings of the network (paper, section 3.2)."""

from typing import Literal

from pydantic import Field

from mcnn.config.base import Section


class Network(Section):
    """Architecture and initial weights (paper, section 3.2)."""

    architecture: Literal[
        "deeplab_large_fov", "deeplab_small_fov", "shallow", "squeezenet1_1", "resnet18", "resnet50"
    ] = Field(default="deeplab_large_fov", description="DeepLab on VGG-16, or another backbone.")
    width: float = Field(
        default=1.0, gt=0, le=1, description="Multiplier of all channel counts of VGG and shallow."
    )
    weights: str = Field(
        default="imagenet",
        description="imagenet: torchvision's, downloaded and verified by a rule of its own; a "
        "path: a local .pth or .safetensors file; none: random (the demo's choice).",
    )
    mean: tuple[float, float, float] = Field(
        default=(0.485, 0.456, 0.406), description="RGB mean of the input, in [0, 1]."
    )
    std: tuple[float, float, float] = Field(
        default=(0.229, 0.224, 0.225), description="RGB deviation of the input, in [0, 1]."
    )

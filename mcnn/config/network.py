"""Settings of the network (paper, section 3.2)."""

from pydantic import Field, field_validator

from mcnn._timm import pretrained_settings
from mcnn.config.base import Section

ARCHITECTURES = (
    "deeplab_large_fov",
    "deeplab_small_fov",
    "shallow",
    "squeezenet1_1",
    "mobilenet_v2",
)
"""Names of the networks that are not timm's."""
Colour = tuple[float, float, float]
IMAGENET: tuple[Colour, Colour] = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Mean and deviation of the input of torchvision's weights."""


class Network(Section):
    """Architecture and initial weights (paper, section 3.2)."""

    architecture: str = Field(
        default="deeplab_large_fov",
        description="DeepLab on VGG-16, or another backbone; timm:<name> is a model of timm's.",
        json_schema_extra={"anyOf": [{"enum": list(ARCHITECTURES)}, {"pattern": "^timm:."}]},
    )
    width: float = Field(
        default=1.0, gt=0, le=1, description="Multiplier of all channel counts of VGG and shallow."
    )
    weights: str = Field(
        default="imagenet",
        description="imagenet: torchvision's, or timm's default ones, downloaded by a rule of its "
        "own; a path: a local .pth or .safetensors file; none: random (the demo's choice).",
    )
    mean: Colour | None = Field(
        default=None,
        description="RGB mean of the input, in [0, 1]; null: that of torchvision's or timm's "
        "weights of the architecture.",
    )
    std: Colour | None = Field(
        default=None, description="RGB deviation of the input, in [0, 1]; null: as for `mean`."
    )

    @field_validator("architecture")
    @classmethod
    def _known(cls, name: str) -> str:
        if name in ("resnet18", "resnet50"):
            raise ValueError(f"timm:{name}, as ResNets are timm's now")
        if name not in ARCHITECTURES and not name.startswith("timm:"):
            raise ValueError(f"one of {', '.join(ARCHITECTURES)}, or timm:<name>")
        return name

    @property
    def has_levels(self) -> bool:
        """Whether it is a backbone and one linear layer on its features."""
        return not self.architecture.startswith(("deeplab", "shallow"))

    def statistics(self) -> tuple[Colour, Colour]:
        """Mean and deviation of the input: those given, else those of the architecture's weights.

        Raises
        ------
        ConfigError
            If timm has no model of that name.
        """
        mean, std = IMAGENET
        if self.architecture.startswith("timm:"):
            known = pretrained_settings(self.architecture.removeprefix("timm:"))
            mean, std = known["mean"], known["std"]
        return self.mean or mean, self.std or std

    def resolved(self) -> "Network":
        """These settings with mean and deviation as numbers."""
        mean, std = self.statistics()
        return self.model_copy(update={"mean": mean, "std": std})

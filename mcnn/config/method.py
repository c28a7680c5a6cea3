"""Settings of the method: shots, network, latent labels, training stages."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from mcnn.config.base import Section

StageName = Literal["initial", "finetuned", "joint"]
Minimizer = Literal["grid", "pymaxflow"]
STAGES: tuple[StageName, ...] = ("initial", "finetuned", "joint")


class Shots(Section):
    """Pruning and sampling of shots (paper, section 4.2)."""

    min_frames: int = Field(
        default=20, ge=1, description="Shots and runs of frames shorter than this are dropped."
    )
    min_foreground: float = Field(
        default=0.025, ge=0, le=1, description="Least foreground, as a share of the frame."
    )
    max_foreground: float = Field(
        default=0.5, ge=0, le=1, description="Most foreground, as a share of the frame."
    )
    frames_per_sample: int = Field(
        default=10, ge=1, description="Frames sampled uniformly from a kept run."
    )
    longer_side: int | None = Field(
        default=500,
        ge=1,
        description="Larger sampled frames are reduced to it, in pixels; 500 is that of VOC's "
        "images. null: none is.",
    )

    @model_validator(mode="after")
    def _bounds(self) -> "Shots":
        if self.min_foreground >= self.max_foreground:
            raise ValueError("min_foreground must be below max_foreground")
        if self.frames_per_sample > self.min_frames:
            raise ValueError("frames_per_sample must not exceed min_frames")
        return self


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


TAG_PREDICTORS = ("network_only", "em_adapt", "em_fixed", "ccnn", "mil", "lse")
PREDICTORS = ("soft", "hard", *TAG_PREDICTORS)
"""Ways to supervise a training with shots, see `Labels.predictor`."""
IMAGE_PREDICTORS = (*TAG_PREDICTORS, "full")
"""Ways to supervise a training with images, see `Labels.image_predictor`."""


def _named(names: tuple[str, ...]) -> AfterValidator:
    """Validator of a name or of ``module:factory``."""

    def check(name: str) -> str:
        module, _, factory = name.partition(":")
        if name not in names and not (
            all(part.isidentifier() for part in module.split(".")) and factory.isidentifier()
        ):
            raise ValueError(f"one of {', '.join(names)}, or module:factory")
        return name

    return AfterValidator(check)


class Labels(Section):
    """Latent label estimation (paper, section 3.3)."""

    predictor: Annotated[str, _named(PREDICTORS)] = Field(
        default="soft",
        description="For shots. soft: minimum of the energy (2), the paper's; hard: the motion "
        "masks as they are; network_only: the energy without its motion term; em_adapt, em_fixed, "
        "ccnn, mil, lse: the baselines [28], [28], [30], [31], [32], which know the tags alone; "
        "module:factory: one of your own.",
    )
    image_predictor: Annotated[str, _named(IMAGE_PREDICTORS)] = Field(
        default="network_only",
        description="For tagged images: the same but soft and hard, which need motion. full: the "
        "images' masks instead of their tags, the upper bound of all.",
    )
    foreground_components: int = Field(default=5, ge=1, description="Gaussians of the foreground.")
    background_components: int = Field(default=8, ge=1, description="Gaussians of the background.")
    rounds: int = Field(
        default=4, ge=1, description="Rounds of cutting and re-estimating the mixtures."
    )
    lambda_: float = Field(
        default=50.0, ge=0, alias="lambda", description="Weight of the pairwise term (3)."
    )
    gamma: float = Field(
        default=0.5,
        ge=0,
        description="Contrast of the pairwise term (3), divided per frame by the mean of "
        "squared colour difference over distance.",
    )
    band: float = Field(
        default=0.02,
        ge=0,
        le=1,
        description="Half width of the boundary region of the motion segment (Delta), as a share "
        "of the longer side.",
    )
    minimizer: Minimizer = Field(
        default="grid", description="Solver of the cuts: ours, or PyMaxflow, for comparison."
    )
    stride: int = Field(
        default=1,
        ge=1,
        description="The energy is minimised at every stride-th pixel of the input; the baselines "
        "always work on the scores, at the network's output stride.",
    )


class Selection(Section):
    """Choice of one shot per video for fine-tuning (paper, section 3.4)."""

    min_iou: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="Least mean overlap of motion mask and prediction of a selected shot.",
    )


class Stage(Section):
    """What differs between the stages of training (paper, section 4.2)."""

    iterations: int = Field(ge=1, description="Updates of the network.")
    learning_rate: float = Field(gt=0, description="Initial learning rate.")
    step_size: int = Field(ge=1, description="Iterations between two drops of the learning rate.")
    alpha: float = Field(ge=0, description="Weight of the network in the energy (2).")
    warmup: int = Field(
        default=0,
        ge=0,
        description="Updates at the start in which alpha is 0. A network that starts at random "
        "first learns how rare objects are, and would label them away.",
    )


class Training(Section):
    """Stochastic gradient descent (paper, section 4.2)."""

    initial: Stage = Field(
        default=Stage(iterations=6000, learning_rate=0.001, step_size=2000, alpha=1.0),
        description="From pretrained weights, on all pruned shots.",
    )
    finetuned: Stage = Field(
        default=Stage(iterations=2000, learning_rate=0.0001, step_size=1000, alpha=2.0),
        description="On the best shot of each video.",
    )
    joint: Stage = Field(
        default=Stage(iterations=2000, learning_rate=0.0001, step_size=1000, alpha=2.0),
        description="On the best shots and tagged images.",
    )
    step_factor: float = Field(
        default=0.1, gt=0, le=1, description="Factor on the learning rate at each drop."
    )
    momentum: float = Field(default=0.9, ge=0, lt=1, description="Momentum of SGD.")
    weight_decay: float = Field(default=0.0005, ge=0, description="Weight decay; biases have none.")
    bias_multiplier: float = Field(
        default=2.0, gt=0, description="Learning rate of biases relative to weights."
    )
    classifier_multiplier: float = Field(
        default=10.0, gt=0, description="Learning rate of the last layer relative to the others."
    )
    crop_size: int = Field(
        default=321, ge=9, description="Side of the random crop; 1 more than a multiple of 8."
    )
    mirror: bool = Field(default=True, description="Mirror frames left to right at random.")
    background_weight: float = Field(
        default=1.0, gt=0, description="Weight of the background in the loss."
    )
    iter_size: int = Field(
        default=1,
        ge=1,
        description="Mini-batches (shots) whose gradients are averaged into one update. A network "
        "that starts at random needs several: one shot shows one class in one place.",
    )
    images_per_batch: int = Field(
        default=10, ge=1, description="Tagged images in a mini-batch of the joint stage."
    )
    checkpoint_every: int = Field(
        default=200, ge=1, description="Iterations between two checkpoints."
    )

    @model_validator(mode="after")
    def _crop(self) -> "Training":
        if self.crop_size % 8 != 1:
            raise ValueError("crop_size must be 1 more than a multiple of 8, for example 321")
        return self

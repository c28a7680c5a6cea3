"""Settings of the training (paper, section 4.2)."""

from typing import Literal

from pydantic import Field, model_validator

from mcnn.config.base import Section

StageName = Literal["initial", "finetuned", "joint"]
STAGES: tuple[StageName, ...] = ("initial", "finetuned", "joint")


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


class Optimizer(Section):
    """Stochastic gradient descent, the same in all stages."""

    step_factor: float = Field(
        default=0.1, gt=0, le=1, description="Factor on the learning rate at each drop."
    )
    momentum: float = Field(default=0.9, ge=0, lt=1, description="Momentum of SGD.")
    weight_decay: float = Field(default=0.0005, ge=0, description="Weight decay; biases have none.")
    bias_multiplier: float = Field(
        default=2.0, gt=0, description="Learning rate of biases relative to weights."
    )
    classifier_multiplier: float = Field(
        default=10.0, gt=0, description="Learning rate of the last layer relative to the stage's."
    )
    backbone_multiplier: float = Field(
        default=1.0,
        ge=0,
        description="Learning rate of all other layers relative to the stage's. 0 freezes them at "
        "their initial weights, which makes updates cheap.",
    )
    backbone_input: Literal["crops", "frames"] = Field(
        default="crops",
        description="What the backbone looks at. frames: each whole frame once, and crops are "
        "taken of its features, which makes updates twice as fast or more; only where the backbone "
        "is frozen, of all networks but DeepLab and shallow.",
    )
    crop_size: int = Field(
        default=321, ge=9, description="Side of the random crop; 1 more than a multiple of 8."
    )
    mirror: bool = Field(default=True, description="Mirror frames left to right at random.")
    class_weights: Literal["auto", "balanced", "equal", "none"] = Field(
        default="auto",
        description="balanced: the loss of a class is weighted by the inverse of its number of "
        "training samples (paper, section 4.2); equal: the weight of every class is 1; none: the "
        "background's too; auto: none for the baselines, which have been published without, else "
        "balanced.",
    )
    background_weight: float = Field(
        default=1.0,
        gt=0,
        description="Weight of the background in the loss, where classes have weights.",
    )
    warmup_background_weight: float | None = Field(
        default=None,
        gt=0,
        description="The same in the warm-up of a stage, whose labels may miss other parts of the "
        "objects; none: `background_weight`.",
    )
    sample_weights: Literal["none", "confidence"] = Field(
        default="none",
        description="Weight of a frame of a video in the loss. none: all are alike; confidence: "
        "its mask's expected J, over the mean of all frames trained on; masks that were read from "
        "files have none, and weigh 1. The losses of tags alone, mil and lse, have no weights.",
    )
    video_batches: Literal["auto", "shots", "frames"] = Field(
        default="auto",
        description="Mini-batches of videos. shots: the sampled frames of one shot; frames: "
        "`images_per_batch` frames at random out of all shots; auto: frames for the baselines, "
        "which learn from single images, else shots.",
    )
    iter_size: int = Field(
        default=1,
        ge=1,
        description="Mini-batches (shots) whose gradients are averaged into one update. A network "
        "that starts at random needs several: one shot shows one class in one place.",
    )
    images_per_batch: int = Field(
        default=10,
        ge=1,
        description="Tagged images in a mini-batch, or single frames; see `video_batches`.",
    )

    precision: Literal["float32", "bfloat16"] = Field(
        default="float32",
        description="Of the network's convolutions in the training. bfloat16: torch's autocast, "
        "for processors with instructions for it (AVX-512 BF16, AMX, a recent GPU); weights and "
        "the loss stay float32. It cost more than a point of mean IoU on real videos "
        "(docs/experiments.md).",
    )
    deterministic: bool = Field(
        default=False,
        description="On a GPU: use only operations that add in the same order each time, for "
        "weights that come out the same again; it may be slower. On a CPU they always do.",
    )
    micro_batch_size: int | None = Field(
        default=None,
        ge=1,
        description="Frames that go through the network at once, where memory does not do for a "
        "mini-batch. Gradients are the same but for rounding and the noise of dropout; it costs a "
        "second forward pass, for labels are inferred from all frames before any is learned from. "
        "None: all.",
    )

    @model_validator(mode="after")
    def _crop(self) -> "Optimizer":
        if self.crop_size % 8 != 1:
            raise ValueError("crop_size must be 1 more than a multiple of 8, for example 321")
        return self


class Training(Optimizer):
    """The stages of training, and what they share."""

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
    checkpoint_every: int = Field(
        default=200, ge=1, description="Iterations between two checkpoints, at most."
    )
    checkpoint_minutes: float = Field(
        default=5.0, gt=0, description="Minutes between two checkpoints, at most."
    )

"""Settings of one training: all that it depends on beside its input files and its seed."""

from pydantic import Field

from mcnn.config.base import Section
from mcnn.config.method import Labels, Network, Stage


class Optimizer(Section):
    """Settings of gradient descent that all stages share; see `Training` for each."""

    step_factor: float
    momentum: float
    weight_decay: float
    bias_multiplier: float
    classifier_multiplier: float
    crop_size: int
    mirror: bool
    background_weight: float
    iter_size: int
    images_per_batch: int
    checkpoint_every: int


class StageRecord(Section):
    """All that one training depends on beside its input files and its seed."""

    dataset: str | None
    images: str | None
    classes: tuple[str, ...]
    start: str | None = Field(description="experiment/stage, or None for `network.weights`.")
    network: Network
    labels: Labels
    stage: Stage
    optimizer: Optimizer
    plug_in_code: str = Field(
        default="", description="Fingerprint of a label predictor of the user's own."
    )

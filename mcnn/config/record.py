"""Settings of one training: all that it depends on beside its input files and its seed."""

from typing import Annotated

from pydantic import AfterValidator, Field

from mcnn.config.base import Section
from mcnn.config.labels import Labels
from mcnn.config.network import Network
from mcnn.config.training import Optimizer, Stage


class StageRecord(Section):
    """All that one training depends on beside its input files and its seed."""

    dataset: str | None
    images: str | None
    classes: tuple[str, ...]
    start: str | None = Field(description="experiment/stage, or None for `network.weights`.")
    network: Annotated[Network, AfterValidator(Network.resolved)]
    labels: Labels
    stage: Stage
    optimizer: Optimizer
    plug_in_code: str = Field(
        default="", description="Fingerprint of a label predictor of the user's own."
    )

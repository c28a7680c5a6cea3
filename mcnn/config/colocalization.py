"""Settings of the video co-localization (paper, section 4.5)."""

from typing import Literal

from pydantic import Field

from mcnn.config.base import Section

Rule = Literal["any_box", "one_box"]


class Colocalization(Section):
    """From the frames of tagged videos and a trained network to a box per frame."""

    targets: tuple[str, ...] = Field(
        default=(),
        description="experiment/stage of our rows of table 4, run on the experiment's dataset, or "
        "experiment/stage@dataset; none: there is no table 4.",
    )
    frames: Literal["all", "annotated"] = Field(
        default="all",
        description="all: every frame, as in the paper; annotated: only those with ground truth.",
    )
    rule: Rule = Field(
        default="any_box",
        description="any_box: an annotated frame counts as right if the box matches one of its "
        "objects; one_box: only frames with a single annotated object count.",
    )
    longer_side: int = Field(
        default=480, ge=64, description="Larger frames are reduced to it, in pixels."
    )
    window: int = Field(
        default=40,
        ge=1,
        description="Most frames that share their colours and that are in memory; longer shots "
        "are divided evenly.",
    )
    superpixels: int = Field(default=1500, ge=4, description="SLIC superpixels of a frame.")
    foreground_components: int = Field(default=5, ge=1, description="Gaussians of the object.")
    background_components: int = Field(default=8, ge=1, description="Gaussians of the background.")
    alpha: float = Field(default=1.0, ge=0, description="Weight of the network in the energy (2).")
    lambda_: float = Field(
        default=10.0,
        ge=0,
        alias="lambda",
        description="Weight of the pairwise term (3); less than in `labels`, because there is no "
        "boundary region where borders are free, and thin objects would vanish.",
    )
    gamma: float = Field(
        default=0.5, ge=0, description="Contrast of the pairwise term (3), as in `labels`."
    )
    videos_per_job: int = Field(
        default=1, ge=1, description="Videos that a job of the workflow localizes."
    )

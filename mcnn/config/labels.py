"""Settings of latent label estimation (paper, section 3.3)."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from mcnn.config.base import Section

Minimizer = Literal["grid", "pymaxflow"]

OF_TAGS = ("em_adapt", "em_fixed", "ccnn", "mil", "lse")
BASELINES = frozenset({*OF_TAGS, "full"})
"""Supervisions that others have published, for single images and without class weights."""
TAG_SUPERVISIONS = ("network_only", *OF_TAGS)
SHOT_SUPERVISIONS = ("soft", "hard", *TAG_SUPERVISIONS)
"""Ways to supervise a training with shots, see `Labels.predictor`."""
IMAGE_SUPERVISIONS = (*TAG_SUPERVISIONS, "full")
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

    predictor: Annotated[str, _named(SHOT_SUPERVISIONS)] = Field(
        default="soft",
        description="For shots. soft: minimum of the energy (2), the paper's; hard: the motion "
        "masks as they are; network_only: the energy without its motion term; em_adapt, em_fixed, "
        "ccnn, mil, lse: the baselines [28], [28], [30], [31], [32], which know the tags alone; "
        "module:factory: one of your own.",
    )
    warmup_predictor: Literal["same", "hard"] = Field(
        default="same",
        description="For shots in the warm-up of a stage. same: `predictor`, its alpha 0; hard: "
        "the motion masks as they are. The baselines, which know no alpha, have no warm-up.",
    )
    image_predictor: Annotated[str, _named(IMAGE_SUPERVISIONS)] = Field(
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

"""Settings of experiments: chains of stages, and the rows of the paper that they reproduce."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from mcnn.config.base import ClassName, Section
from mcnn.config.evaluation import Postprocessing
from mcnn.config.training import STAGES, StageName

PaperTable = Literal["table1", "table2", "table3", "sensitivity", "image_labels"]

Seed = Annotated[int, Field(ge=0, lt=2**32)]


def parse_target(target: str) -> tuple[str, str]:
    """Experiment and stage of ``experiment/stage``."""
    experiment, _, stage = target.partition("/")
    return experiment, stage


def parse_row(target: str) -> tuple[str, str, str | None]:
    """Experiment, stage and post-processing of ``experiment/stage[/postprocessing]``."""
    experiment, _, rest = target.partition("/")
    stage, slash, postprocessing = rest.partition("/")
    return experiment, stage, postprocessing if slash else None


def parse_localizing(target: str) -> tuple[str, str, str | None]:
    """Experiment, stage and dataset of ``experiment/stage[@dataset]``."""
    step, at, dataset = target.partition("@")
    return *parse_target(step), dataset if at else None


class Override(Section):
    """Settings of an experiment that differ from the run's; keys as in the sections."""

    network: dict[str, Any] = Field(default={}, description="Differences in `network`.")
    labels: dict[str, Any] = Field(default={}, description="Differences in `labels`.")
    training: dict[str, Any] = Field(default={}, description="Differences in `training`.")


class Published(Section):
    """A row of the paper that a stage of an experiment reproduces."""

    table: PaperTable = Field(
        description="Tables 1 to 3; sensitivity: the figures of section 4.2; image_labels: those "
        "of section 4.4."
    )
    method: str = Field(description="Its column `method`.")
    variant: str = Field(
        description="Its column `fov`, `dataset`, `training_data` or `image_labels`, by table; of "
        "sensitivity, parameter and value: alpha 0.5."
    )
    postprocessing: Postprocessing | None = Field(
        default=None, description="Of the row; absent: that of `evaluation`."
    )


def _several(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return tuple(value)
    return (value,)


PublishedRows = Annotated[
    tuple[Published, ...],
    BeforeValidator(_several, json_schema_input_type=Published | list[Published]),
]


class Experiment(Section):
    """A named chain of stages."""

    dataset: str | None = Field(
        default=None,
        description="Name of a dataset of `datasets`; absent: trained on tagged images alone.",
    )
    stages: tuple[StageName, ...] = Field(
        min_length=1, description="Stages in order: initial, finetuned, joint, or part of that."
    )
    start: str | None = Field(
        default=None,
        description="experiment/stage whose weights the first stage starts from; absent: "
        "`network.weights`.",
    )
    images: str | None = Field(
        default=None,
        description="Name of the tagged images of `images`, for the joint stage or, without "
        "`dataset`, for the initial one.",
    )
    classes: tuple[ClassName, ...] | None = Field(
        default=None, description="Object classes, where they differ from the run's."
    )
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1)] | None = Field(
        default=None, description="Seeds, where they differ from the run's."
    )
    override: Override = Field(default=Override(), description="Differing settings.")
    published: dict[StageName, PublishedRows] = Field(
        default={}, description="The row of the paper that a stage reproduces, or a list of rows."
    )

    @model_validator(mode="after")
    def _chain(self) -> "Experiment":
        order = [STAGES.index(stage) for stage in self.stages]
        if order != list(range(order[0], order[0] + len(order))):
            raise ValueError(f"stages must be consecutive out of {', '.join(STAGES)}")
        if order[0] == 0 and self.start is not None:
            raise ValueError("a chain that begins with 'initial' has no `start`")
        if order[0] > 0 and self.start is None:
            raise ValueError(f"a chain that begins with '{self.stages[0]}' needs `start`")
        if self.dataset is None and self.stages != ("initial",):
            raise ValueError("a chain without `dataset` has the stage 'initial' alone")
        if ("joint" in self.stages or self.dataset is None) and self.images is None:
            needing = "the stage 'joint'" if self.dataset else "a chain without `dataset`"
            raise ValueError(f"{needing} needs `images`")
        return self

"""The whole configuration, and its resolution into one record per training."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from mcnn.config.base import Section
from mcnn.config.colocalization import Colocalization
from mcnn.config.data import YOUTUBE_OBJECTS_CLASSES, Demo, ImageSet, PascalVoc, VideoDataset
from mcnn.config.method import STAGES, Labels, Network, Selection, Shots, StageName, Training
from mcnn.config.motion import MotionSegmentation

NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
PaperTable = Literal["table1", "table2", "table3", "sensitivity", "image_labels"]


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
    classes: tuple[str, ...] | None = Field(
        default=None, description="Object classes, where they differ from the run's."
    )
    seeds: Annotated[tuple[int, ...], Field(min_length=1)] | None = Field(
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


class Evaluation(Section):
    """What trained networks are evaluated on."""

    sets: tuple[str, ...] = Field(
        min_length=1,
        description="Names of image sets of `images`. A network is evaluated on those that have "
        "its classes.",
    )
    postprocessing: Literal["none", "dense_crf"] = Field(
        default="none",
        description="none: the network's labels, as in the paper; dense_crf: labels of a fully "
        "connected CRF on the network's probabilities, with DeepLab's constants.",
    )


class Settings(Section):
    """The configuration of a run."""

    run: str = Field(default="demo", pattern=NAME, description="Results go to results/<run>/.")
    seeds: tuple[int, ...] = Field(
        default=(0,), min_length=1, description="Every training is run once per seed."
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = Field(
        default="auto", description="auto: CUDA, else MPS, else the CPU."
    )
    threads: int = Field(
        default=4,
        ge=1,
        description="Cores of a training or evaluation; on the CPU another number rounds "
        "differently.",
    )
    on_error: Literal["stop", "skip"] = Field(
        default="stop",
        description="stop: bad input ends the job with the file and the remedy; skip: the shot or "
        "image is left out and listed in tables/skipped.csv.",
    )
    classes: tuple[str, ...] = Field(
        default=YOUTUBE_OBJECTS_CLASSES,
        min_length=1,
        description="Object classes; label 0 is the background, the first class is label 1.",
    )
    demo: Demo = Field(default=Demo(), description="The rendered world.")
    datasets: dict[str, VideoDataset] = Field(description="Datasets of tagged videos, by name.")
    images: dict[str, ImageSet] = Field(description="Sets of images, by name.")
    motion: MotionSegmentation = Field(
        default=MotionSegmentation(), description="Motion segmentation of the datasets' videos."
    )
    shots: Shots = Field(default=Shots(), description="Pruning and sampling.")
    network: Network = Field(default=Network(), description="The network.")
    labels: Labels = Field(default=Labels(), description="Latent label estimation.")
    selection: Selection = Field(default=Selection(), description="Best shot of each video.")
    training: Training = Field(default=Training(), description="Training.")
    experiments: dict[str, Experiment] = Field(description="Chains of stages, by name.")
    targets: tuple[str, ...] = Field(
        min_length=1, description="experiment/stage of each row of the tables."
    )
    evaluation: Evaluation = Field(description="Evaluation.")
    colocalization: Colocalization = Field(
        default=Colocalization(), description="Video co-localization."
    )

    def classes_of_experiment(self, name: str) -> tuple[str, ...]:
        """Object classes of an experiment, in the order of its labels."""
        return self.experiments[name].classes or self.classes

    def classes_of_images(self, name: str) -> tuple[str, ...]:
        """Object classes of a set of images."""
        images = self.images[name]
        return (images.classes if isinstance(images, PascalVoc) else None) or self.classes

    def seeds_of_experiment(self, name: str) -> tuple[int, ...]:
        """Seeds of an experiment."""
        return self.experiments[name].seeds or self.seeds

    def sets_of_experiment(self, name: str) -> tuple[str, ...]:
        """Those of `evaluation.sets` that have the classes of an experiment."""
        classes = set(self.classes_of_experiment(name))
        return tuple(
            images
            for images in self.evaluation.sets
            if set(self.classes_of_images(images)) == classes
        )

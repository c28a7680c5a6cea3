"""What a run trains, evaluates and localizes, by name."""

from dataclasses import dataclass
from typing import NamedTuple


class Step(NamedTuple):
    """A stage of an experiment."""

    experiment: str
    stage: str


class Target(NamedTuple):
    """A row of the tables: a step whose models are evaluated with a post-processing."""

    experiment: str
    stage: str
    postprocessing: str


class Training(NamedTuple):
    """A step with a seed: what a job trains."""

    experiment: str
    stage: str
    seed: int


class Evaluation(NamedTuple):
    """A target with a seed: what a job evaluates."""

    experiment: str
    stage: str
    seed: int
    postprocessing: str


class LocalizingTarget(NamedTuple):
    """A row of table 4: a step whose models localize the objects in a dataset of videos."""

    experiment: str
    stage: str
    dataset: str


class Localization(NamedTuple):
    """A localizing target with a seed."""

    experiment: str
    stage: str
    seed: int
    dataset: str


@dataclass(frozen=True)
class Inputs:
    """What a step is trained on and starts from.

    Attributes
    ----------
    dataset, images
        Names of the dataset of videos and of the set of tagged images, or None.
    start
        The step before it, or None.
    selected_by
        The experiment whose initial model selected the shots; None where all shots are used.
    weights
        Where there is no step before: ``none``, ``imagenet``, or a path.
    architecture
        Of the network.
    """

    dataset: str | None
    images: str | None
    start: Step | None
    selected_by: str | None
    weights: str
    architecture: str

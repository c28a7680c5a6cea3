"""The whole configuration."""

from typing import Literal

from pydantic import Field

from mcnn.config.base import ClassName, Name, Section
from mcnn.config.colocalization import Colocalization
from mcnn.config.datasets import VideoDataset
from mcnn.config.demo import Demo
from mcnn.config.evaluation import Evaluation
from mcnn.config.experiments import Experiment, Seed, parse_localizing, parse_row
from mcnn.config.images import ImageSet, PascalVoc
from mcnn.config.labels import Labels
from mcnn.config.motion import MotionSegmentation
from mcnn.config.network import Network
from mcnn.config.selection import Selection
from mcnn.config.shots import Shots
from mcnn.config.training import Training
from mcnn.label_space import YOUTUBE_OBJECTS_CLASSES


class Settings(Section):
    """The configuration of a run."""

    run: Name = Field(default="demo", description="Results go to results/<run>/.")
    seeds: tuple[Seed, ...] = Field(
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
    classes: tuple[ClassName, ...] = Field(
        default=YOUTUBE_OBJECTS_CLASSES,
        min_length=1,
        description="Object classes; label 0 is the background, the first class is label 1.",
    )
    demo: Demo = Field(default=Demo(), description="The rendered world.")
    datasets: dict[Name, VideoDataset] = Field(description="Datasets of tagged videos, by name.")
    images: dict[Name, ImageSet] = Field(default={}, description="Sets of images, by name.")
    motion: MotionSegmentation = Field(
        default=MotionSegmentation(), description="Motion segmentation of the datasets' videos."
    )
    shots: Shots = Field(default=Shots(), description="Pruning and sampling.")
    network: Network = Field(default=Network(), description="The network.")
    labels: Labels = Field(default=Labels(), description="Latent label estimation.")
    selection: Selection = Field(default=Selection(), description="Best shot of each video.")
    training: Training = Field(default=Training(), description="Training.")
    experiments: dict[Name, Experiment] = Field(description="Chains of stages, by name.")
    targets: tuple[str, ...] = Field(
        min_length=1,
        description="experiment/stage of each row of the tables; experiment/stage/dense_crf or "
        "experiment/stage/none for another `postprocessing` than that of `evaluation`.",
    )
    evaluation: Evaluation = Field(default=Evaluation(), description="Evaluation.")
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

    def row_of_target(self, target: str) -> tuple[str, str, str]:
        """Experiment, stage and post-processing of one of `targets`."""
        experiment, stage, postprocessing = parse_row(target)
        return experiment, stage, postprocessing or self.evaluation.postprocessing

    def localizing_target(self, target: str) -> tuple[str, str, str | None]:
        """Experiment, stage and dataset of one of `colocalization.targets`."""
        experiment, stage, dataset = parse_localizing(target)
        return experiment, stage, dataset or self.experiments[experiment].dataset

    def sets_of_experiment(self, name: str) -> tuple[str, ...]:
        """Those of `evaluation.sets` that have the classes of an experiment."""
        classes = set(self.classes_of_experiment(name))
        return tuple(
            images
            for images in self.evaluation.sets
            if set(self.classes_of_images(images)) == classes
        )

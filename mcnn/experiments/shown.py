"""What the report of a run shows: pictures of the first seeds, selections, the paper's data."""

from typing import NamedTuple

from mcnn.config.images import PascalVoc
from mcnn.config.settings import Settings
from mcnn.experiments.graph import ExperimentGraph
from mcnn.experiments.steps import Evaluation, Step, Training
from mcnn.label_space import VOC_CLASSES, YOUTUBE_OBJECTS_CLASSES

VIDEOS = {"youtube_objects": 155, "imagenet_vid": 795}
"""Videos of the paper's datasets (section 4.1), by their layouts."""
VAL_IMAGES = {10: 909, 20: 1449}
"""Images of VOC 2012 val that show one of the ten or the twenty classes."""


class Selection(NamedTuple):
    """A list of the shots of a dataset that the initial model of an experiment selected."""

    dataset: str
    experiment: str
    seed: int


def illustrated(graph: ExperimentGraph) -> list[Evaluation]:
    """Of each target that is evaluated on images its first seed."""
    if not graph.settings.evaluation.sets:
        return []
    return [
        Evaluation(name, stage, graph.settings.seeds_of_experiment(name)[0], postprocessing)
        for name, stage, postprocessing in graph.targets
    ]


def chains(graph: ExperimentGraph) -> list[Training]:
    """The last trainings of the chains whose latent labels are drawn, of the first seed.

    The targets that no other one goes on from, whose trainings infer labels of shots as minima of
    the energy: those of several stages, or else the first one.
    """
    last = list(dict.fromkeys(Step(name, stage) for name, stage, _ in graph.targets))
    before = {step for each in last for step in graph.chain(*each)[:-1]}
    drawn = [
        step for step in last if step not in before and all(map(graph.infers, graph.chain(*step)))
    ]
    several = [step for step in drawn if len(graph.chain(*step)) > 1] or drawn[:1]
    return [
        Training(*step, graph.settings.seeds_of_experiment(step.experiment)[0]) for step in several
    ]


def selections(graph: ExperimentGraph) -> list[Selection]:
    """The lists of selected shots that trainings go back to, none twice."""
    found: dict[Selection, None] = {}
    for step, seeds in graph.needed().items():
        inputs = graph.inputs(*step)
        if inputs.dataset is not None and inputs.selected_by is not None:
            for seed in seeds:
                found[Selection(inputs.dataset, inputs.selected_by, seed)] = None
    return list(found)


def images_of_the_paper(settings: Settings) -> dict[str, int]:
    """Images of each set of `evaluation.sets` that may be the one the paper evaluates on."""
    if settings.demo.enabled:
        return {}
    found = {}
    for name in settings.evaluation.sets:
        images, classes = settings.images[name], settings.classes_of_images(name)
        of_the_paper = set(classes) in map(set, (YOUTUBE_OBJECTS_CLASSES, VOC_CLASSES))
        if isinstance(images, PascalVoc) and images.split == "val" and of_the_paper:
            found[name] = VAL_IMAGES[len(classes)]
    return found


def videos_of_the_paper(settings: Settings) -> dict[str, int]:
    """Videos of each dataset that may be one of the paper's."""
    if settings.demo.enabled:
        return {}
    return {
        name: VIDEOS[dataset.format]
        for name, dataset in settings.datasets.items()
        if dataset.format in VIDEOS
    }

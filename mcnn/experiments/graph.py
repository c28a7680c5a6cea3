"""The graph of trainings that a configuration describes: which are needed, and from what."""

from collections.abc import Iterable

from mcnn.config.datasets import MAT_SPLITS
from mcnn.config.experiments import Published, parse_target
from mcnn.config.images import PascalVoc
from mcnn.config.record import StageRecord
from mcnn.config.references import published_rows
from mcnn.config.resolve import stage_records
from mcnn.config.settings import Settings
from mcnn.experiments.steps import (
    Evaluation,
    Inputs,
    Localization,
    LocalizingTarget,
    Step,
    Target,
    Training,
)

SEGMENTATION = "segmentation"
"""The table of all targets."""
YOUTUBE_OBJECTS = "YouTube-Objects"
"""The dataset of the paper's table 4."""


class ExperimentGraph:
    """The trainings of a configuration and what depends on what.

    Parameters
    ----------
    settings
        The checked configuration.

    Examples
    --------
    >>> graph = ExperimentGraph(settings)  # doctest: +SKIP
    >>> graph.chain("m-cnn", "finetuned")  # doctest: +SKIP
    [Step('m-cnn', 'initial'), Step('m-cnn', 'finetuned')]
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.records: dict[Step, StageRecord] = {
            Step(name, stage): record
            for name in settings.experiments
            for stage, record in stage_records(settings, name).items()
        }
        # With the post-processing of `evaluation`, two that are written in two ways may be one.
        rows = dict.fromkeys(map(settings.row_of_target, settings.targets))
        self.targets = [Target(*row) for row in rows]

    def chain(self, experiment: str, stage: str) -> list[Step]:
        """A step and all those before it, in the order of training."""
        steps: list[Step] = []
        current: Step | None = Step(experiment, stage)
        while current is not None:
            steps.append(current)
            current = self.inputs(*current).start
        return steps[::-1]

    def inputs(self, experiment: str, stage: str) -> Inputs:
        """What a step is trained on and starts from."""
        record = self.records[Step(experiment, stage)]
        start = Step(*parse_target(record.start)) if record.start else None
        selected_by = None
        if record.dataset is not None and start is not None:
            selected_by = self._initial(start)
        return Inputs(
            record.dataset,
            record.images,
            start,
            selected_by,
            record.network.weights,
            record.network.architecture,
        )

    def _initial(self, step: Step) -> str:
        """Experiment of the initial step that a step leads back to."""
        while step.stage != "initial":
            before = self.records[step].start
            assert before is not None, "a later stage has a start; checked with the configuration"
            step = Step(*parse_target(before))
        return step.experiment

    def infers(self, step: Step) -> bool:
        """Whether a step infers labels of shots as minima of the energy (2)."""
        record = self.records[step]
        return record.dataset is not None and record.labels.predictor == "soft"

    def needed(self) -> dict[Step, tuple[int, ...]]:
        """The steps of the targets and those before them, in order, with their seeds.

        A step has the seeds of all targets whose chains it is part of.
        """
        seeds: dict[Step, dict[int, None]] = {}
        for experiment, stage, _ in (*self.targets, *self.localizing_targets()):
            mine = dict.fromkeys(self.settings.seeds_of_experiment(experiment))
            for step in self.chain(experiment, stage):
                seeds[step] = seeds.get(step, {}) | mine
        return {step: tuple(of_step) for step, of_step in seeds.items()}

    def trained_datasets(self) -> list[str]:
        """Datasets of videos that are trained on, as ordered in the configuration."""
        used = {self.records[step].dataset for step in self.needed()}
        return [name for name in self.settings.datasets if name in used]

    def datasets(self) -> list[str]:
        """Datasets of videos that are trained on or localized, as ordered there."""
        used = {*self.trained_datasets(), *self.localized_datasets()}
        return [name for name in self.settings.datasets if name in used]

    def image_sets(self) -> list[str]:
        """Sets of images that are trained or evaluated on, as ordered in the configuration."""
        used = {self.records[step].images for step in self.needed()}
        for target in self.targets:
            used.update(self.settings.sets_of_experiment(target.experiment))
        return [name for name in self.settings.images if name in used]

    def annotated_sets(self) -> list[str]:
        """Sets of images whose masks are read: evaluated on, or trained on in full supervision."""
        used = {
            record.images
            for step in self.needed()
            if (record := self.records[step]).labels.image_predictor == "full"
        }
        for target in self.targets:
            used.update(self.settings.sets_of_experiment(target.experiment))
        return [name for name in self.settings.images if name in used]

    def published(self, target: Target) -> tuple[Published, ...]:
        """The paper's rows that a target reproduces."""
        return published_rows(self.settings, *target)

    def tables(self) -> dict[str, list[Evaluation]]:
        """Tables of the run, with the evaluations that each shows; none without an evaluation."""
        if not self.settings.evaluation.sets:
            return {}
        shown: dict[str, list[Evaluation]] = {SEGMENTATION: []}
        for target in self.targets:
            names = {SEGMENTATION, *(row.table for row in self.published(target))}
            for name in sorted(names):
                shown.setdefault(name, []).extend(
                    Evaluation(target.experiment, target.stage, seed, target.postprocessing)
                    for seed in self.settings.seeds_of_experiment(target.experiment)
                )
        return dict(sorted(shown.items()))

    def pictured(self) -> list[Training]:
        """Trainings whose predictions are drawn: the first seed of targets not evaluated."""
        if self.settings.evaluation.sets:
            return []
        return [
            Training(name, stage, self.settings.seeds_of_experiment(name)[0])
            for name, stage in dict.fromkeys(target[:2] for target in self.targets)
        ]

    def behind(self, evaluations: Iterable[Evaluation]) -> list[Training]:
        """The trainings of evaluations and all those before them, none twice, sorted."""
        return sorted(
            {
                Training(*step, evaluation.seed)
                for evaluation in evaluations
                for step in self.chain(evaluation.experiment, evaluation.stage)
            }
        )

    def rows(self, table: str) -> list[dict[str, str]]:
        """The paper's rows that targets reproduce and a table of the run quotes.

        Each with the target's experiment, stage and post-processing, and the row's table, method
        and variant.
        """
        return [
            {**row.model_dump(), **target._asdict()}
            for target in self.targets
            for row in self.published(target)
            if table in (SEGMENTATION, row.table)
        ]

    def splits(self) -> dict[str, str]:
        """The split of each set of `evaluation.sets` that is one of VOC's."""
        sets = {name: self.settings.images[name] for name in self.settings.evaluation.sets}
        return {name: each.split for name, each in sets.items() if isinstance(each, PascalVoc)}

    def quoted(self, table: str) -> list[str]:
        """The paper's tables that a table of the run quotes."""
        return sorted({row["table"] for row in self.rows(table)})

    def localizing_targets(self) -> list[LocalizingTarget]:
        """Our rows of table 4."""
        found = map(self.settings.localizing_target, self.settings.colocalization.targets)
        return [LocalizingTarget(name, stage, str(dataset)) for name, stage, dataset in found]

    def localizations(self) -> list[Localization]:
        """The models that localize, and where, by target and seed."""
        return [
            Localization(target.experiment, target.stage, seed, target.dataset)
            for target in self.localizing_targets()
            for seed in self.settings.seeds_of_experiment(target.experiment)
        ]

    def drawn(self) -> list[Localization]:
        """Those localizations that are drawn: of each target the first seed."""
        seeds = {
            name: self.settings.seeds_of_experiment(name) for name in self.settings.experiments
        }
        return [each for each in self.localizations() if each.seed == seeds[each.experiment][0]]

    def localized_datasets(self) -> list[str]:
        """Datasets of the rows of table 4, sorted."""
        return sorted({target.dataset for target in self.localizing_targets()})

    def scored_on(self) -> dict[str, dict[str, str]]:
        """Of each localized dataset the one of the paper that it stands for, and its split."""
        found = {}
        for name in self.localized_datasets():
            dataset = self.settings.datasets[name]
            truth = dataset.ground_truth
            assert truth is not None, "checked with the configuration"
            every = MAT_SPLITS if truth.format == "youtube_objects_mat" else ("all",)
            found[name] = {
                "published": "ImageNet-VID"
                if dataset.format == "imagenet_vid"
                else YOUTUBE_OBJECTS,
                "split": ", ".join(truth.splits or every),
            }
        return found

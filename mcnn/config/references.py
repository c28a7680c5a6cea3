"""What sections of the configuration say of one another: names, targets, rows."""

from collections.abc import Iterator, Mapping
from typing import Any, cast, get_args

from mcnn.config.evaluation import Postprocessing
from mcnn.config.experiments import Experiment, Published, parse_localizing, parse_row
from mcnn.config.settings import Settings
from mcnn.config.training import StageName
from mcnn.errors import did_you_mean


def dangling_references(settings: Settings) -> Iterator[str]:
    """What is wrong with the names that sections use of one another, a sentence each."""

    def known(path: str, name: str | None, names: Mapping[str, Any]) -> Iterator[str]:
        if name is not None and name not in names:
            expected = f"{', '.join(names) or 'none declared'}{did_you_mean(name, names)}"
            yield f"{path}: got {name!r}, expected one of {expected}"

    stages = {
        f"{name}/{stage}": chain
        for name, chain in settings.experiments.items()
        for stage in chain.stages
    }
    for name, chain in settings.experiments.items():
        path = f"experiments.{name}"
        yield from known(f"{path}.dataset", chain.dataset, settings.datasets)
        yield from known(f"{path}.images", chain.images, settings.images)
        if chain.images in settings.images:
            yield from _unknown_tags(path, name, chain.images, settings)
        yield from known(f"{path}.start", chain.start, stages)
        yield from _cycles(name, chain, settings.experiments)
    for i, target in enumerate(settings.targets):
        experiment, stage, postprocessing = parse_row(target)
        if postprocessing in (None, *get_args(Postprocessing)):
            target = f"{experiment}/{stage}"
        yield from known(f"targets.{i}", target, stages)
    for i, target in enumerate(settings.colocalization.targets):
        path = f"colocalization.targets.{i}"
        experiment, stage, dataset = parse_localizing(target)
        yield from known(path, f"{experiment}/{stage}", stages)
        yield from known(path, dataset, settings.datasets)
        yield from _without_boxes(path, target, settings)
    for i, name in enumerate(settings.evaluation.sets):
        yield from known(f"evaluation.sets.{i}", name, settings.images)


def _unknown_tags(path: str, name: str, images: str, settings: Settings) -> Iterator[str]:
    known = settings.classes_of_experiment(name)
    foreign = [c for c in settings.classes_of_images(images) if c not in known]
    if foreign:
        yield (
            f"{path}.images: got {images!r} with the class {foreign[0]!r}, expected images whose "
            f"`classes` are all among the experiment's, {', '.join(known)}"
            f"{did_you_mean(foreign[0], known)}"
        )


def not_evaluated(settings: Settings) -> Iterator[str]:
    """Targets that no set of images evaluates though there are some, a sentence each."""
    if not settings.evaluation.sets:
        return
    for i, target in enumerate(settings.targets):
        name, _, _ = parse_row(target)
        if not settings.sets_of_experiment(name):
            yield (
                f"targets.{i}: got {target!r}, expected one of `evaluation.sets` to have the "
                f"classes of the experiment {name!r}, "
                f"{', '.join(settings.classes_of_experiment(name))}"
            )


def claimed_twice(settings: Settings) -> Iterator[str]:
    """Rows of the paper that several targets say to reproduce, a sentence each."""
    claims: dict[Published, tuple[str, str, str]] = {}
    for i, target in enumerate(settings.targets):
        resolved = settings.row_of_target(target)
        for row in published_rows(settings, *resolved):
            if claims.setdefault(row, resolved) != resolved:
                yield (
                    f"targets.{i}: got {target!r}, which has the same `published` row of "
                    f"{row.table}, {row.method}, {row.variant}, as {'/'.join(claims[row])!r}"
                )


def published_rows(
    settings: Settings, experiment: str, stage: str, postprocessing: str
) -> tuple[Published, ...]:
    """The paper's rows that a stage of an experiment reproduces with a post-processing."""
    rows = settings.experiments[experiment].published.get(cast(StageName, stage), ())
    default = settings.evaluation.postprocessing
    return tuple(row for row in rows if (row.postprocessing or default) == postprocessing)


def _without_boxes(path: str, target: str, settings: Settings) -> Iterator[str]:
    if parse_localizing(target)[0] not in settings.experiments:
        return
    dataset = settings.localizing_target(target)[2]
    if dataset is None:
        yield f"{path}: got {target!r}, expected an experiment with a dataset of videos"
    elif dataset in settings.datasets and settings.datasets[dataset].ground_truth is None:
        yield f"{path}: got {target!r}, expected `ground_truth` in datasets.{dataset}"


def _cycles(name: str, chain: Experiment, chains: Mapping[str, Experiment]) -> Iterator[str]:
    seen = {name}
    current: Experiment | None = chain
    while current and current.start:
        parent = current.start.partition("/")[0]
        if parent in seen:
            yield f"experiments.{name}.start: the chain of starts leads back to {parent!r}"
            return
        seen.add(parent)
        current = chains.get(parent)

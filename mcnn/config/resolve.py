"""From the YAML's dictionary to checked settings, and from those to one record per training."""

import json
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import ValidationError

from mcnn.config.base import Section
from mcnn.config.method import Labels, StageName
from mcnn.config.record import Optimizer, StageRecord
from mcnn.config.settings import Experiment, Published, Settings
from mcnn.errors import ConfigError
from mcnn.provenance import code_fingerprint


def load_settings(config: Mapping[str, Any]) -> Settings:
    """Check a configuration.

    Parameters
    ----------
    config
        The merged content of the YAML files.

    Raises
    ------
    ConfigError
        Naming each offending key by its path, its value, and what was expected.
    """
    try:
        settings = _validate(Settings, config)
    except ValidationError as error:
        raise ConfigError(_message(error)) from None
    problems = list(_dangling_references(settings))
    # These look up what the targets refer to.
    problems = problems or [*_not_evaluated(settings), *_claimed_twice(settings)]
    if problems:
        raise ConfigError(_join(problems))
    for name in settings.experiments:
        stage_records(settings, name)
    return settings


def stage_records(settings: Settings, experiment: str) -> dict[StageName, StageRecord]:
    """Settings of each stage of an experiment, its overrides applied.

    Raises
    ------
    ConfigError
        If an override does not fit its section.
    """
    chain = settings.experiments[experiment]
    override = chain.override
    network = _override(settings.network, override.network, f"{experiment}.override.network")
    labels = _override(settings.labels, override.labels, f"{experiment}.override.labels")
    training = _override(settings.training, override.training, f"{experiment}.override.training")
    starts = [chain.start, *(f"{experiment}/{stage}" for stage in chain.stages[:-1])]
    return {
        stage: StageRecord(
            dataset=chain.dataset,
            images=chain.images if stage == "joint" or chain.dataset is None else None,
            classes=settings.classes_of_experiment(experiment),
            start=start,
            network=network,
            labels=labels,
            stage=getattr(training, stage),
            optimizer=Optimizer(
                **training.model_dump(exclude={"initial", "finetuned", "joint"}),
            ),
            plug_in_code=_plug_in_code(labels),
        )
        for stage, start in zip(chain.stages, starts, strict=True)
    }


def resolve(config: Mapping[str, Any]) -> dict[str, Any]:
    """Plain, JSON-ready settings with a record per training under ``stages``.

    The names of the image sets that an experiment is evaluated on are under ``evaluated_on``, and
    every experiment has its ``seeds``.

    Examples
    --------
    >>> settings = resolve(config)  # doctest: +SKIP
    >>> settings["stages"]["m-cnn"]["finetuned"]["stage"]["alpha"]  # doctest: +SKIP
    2.0
    """
    settings = load_settings(config)
    plain = settings.model_dump(mode="json", by_alias=True)
    plain["stages"] = {
        name: {
            stage: record.model_dump(mode="json", by_alias=True)
            for stage, record in stage_records(settings, name).items()
        }
        for name in settings.experiments
    }
    plain["evaluated_on"] = {name: settings.sets_of_experiment(name) for name in plain["stages"]}
    for name, experiment in plain["experiments"].items():
        experiment["seeds"] = settings.seeds_of_experiment(name)
    return plain


def parse_target(target: str) -> tuple[str, str]:
    """Experiment and stage of ``experiment/stage``."""
    experiment, _, stage = target.partition("/")
    return experiment, stage


SectionT = TypeVar("SectionT", bound=Section)


def _validate(model: type[SectionT], values: Mapping[str, Any]) -> SectionT:
    """Strict types, as JSON has them: a text is no number, a list will do for a tuple."""
    return model.model_validate_json(json.dumps(values, default=str), strict=True)


def _override(section: SectionT, changes: dict[str, Any], path: str) -> SectionT:
    merged = _merge(section.model_dump(by_alias=True), changes)
    try:
        return _validate(type(section), merged)
    except ValidationError as error:
        raise ConfigError(_message(error, f"experiments.{path}.")) from None


def _plug_in_code(labels: Labels) -> str:
    """Fingerprint of the code that is named in the configuration and imported nowhere."""
    fingerprints = []
    for name in (labels.predictor, labels.image_predictor):
        module, colon, _ = name.partition(":")
        if not colon:
            continue
        try:
            found = find_spec(module)
        except ModuleNotFoundError:
            found = None
        if found is None or found.origin is None:
            raise ConfigError(
                f"labels: got {name!r}, expected module:factory of a module that can be imported"
            )
        fingerprints.append(code_fingerprint(Path(found.origin)))
    return " ".join(fingerprints)


def _merge(base: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        nested = isinstance(value, Mapping) and isinstance(merged.get(key), dict)
        merged[key] = _merge(merged[key], value) if nested else value
    return merged


def _dangling_references(settings: Settings) -> Iterator[str]:
    def known(path: str, name: str | None, names: Mapping[str, Any]) -> Iterator[str]:
        if name is not None and name not in names:
            yield f"{path}: got {name!r}, expected one of {', '.join(names) or 'none declared'}"

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
        yield from known(f"targets.{i}", target, stages)
    for i, target in enumerate(settings.colocalization.targets):
        path = f"colocalization.targets.{i}"
        yield from known(path, target, stages)
        yield from _without_boxes(path, target, settings)
    for i, name in enumerate(settings.evaluation.sets):
        yield from known(f"evaluation.sets.{i}", name, settings.images)


def _unknown_tags(path: str, name: str, images: str, settings: Settings) -> Iterator[str]:
    known = settings.classes_of_experiment(name)
    foreign = [c for c in settings.classes_of_images(images) if c not in known]
    if foreign:
        yield (
            f"{path}.images: got {images!r} with the class {foreign[0]!r}, expected images whose "
            "`classes` are all among the experiment's"
        )


def _not_evaluated(settings: Settings) -> Iterator[str]:
    for i, target in enumerate(settings.targets):
        name, _ = parse_target(target)
        if not settings.sets_of_experiment(name):
            yield (
                f"targets.{i}: got {target!r}, expected one of `evaluation.sets` to have the "
                f"classes of the experiment {name!r}"
            )


def _claimed_twice(settings: Settings) -> Iterator[str]:
    claims: dict[Published, str] = {}
    for i, target in enumerate(settings.targets):
        name, stage = parse_target(target)
        for row in settings.experiments[name].published.get(cast(StageName, stage), ()):
            if row in claims:
                yield (
                    f"targets.{i}: got {target!r}, which has the same `published` row of "
                    f"{row.table}, {row.method}, {row.variant}, as {claims[row]!r}"
                )
            claims[row] = target


def _without_boxes(path: str, target: str, settings: Settings) -> Iterator[str]:
    chain = settings.experiments.get(parse_target(target)[0])
    if chain is None or (chain.dataset and chain.dataset not in settings.datasets):
        return
    if chain.dataset is None:
        yield f"{path}: got {target!r}, expected an experiment with a dataset of videos"
    elif settings.datasets[chain.dataset].ground_truth is None:
        yield f"{path}: got {target!r}, expected `ground_truth` in datasets.{chain.dataset}"


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


def _message(error: ValidationError, prefix: str = "") -> str:
    lines = []
    for item in error.errors():
        path = prefix + ".".join(str(part) for part in item["loc"])
        if item["type"] == "extra_forbidden":
            lines.append(
                f"{path}: unknown key (value {item['input']!r}), expected none of that name"
            )
        elif item["type"] == "missing":
            lines.append(f"{path}: missing, expected a value")
        else:
            got = f"got {item['input']!r} ({type(item['input']).__name__}), "
            reason = item["msg"].removeprefix("Value error, ")
            lines.append(f"{path.rstrip('.')}: {got}expected: {reason[0].lower()}{reason[1:]}")
    return _join(lines)


def _join(lines: list[str]) -> str:
    return "the configuration is not valid:\n  " + "\n  ".join(lines)

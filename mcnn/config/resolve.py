"""From the YAML's dictionary to checked settings, and from those to one record per training."""

import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from mcnn.config.base import Section
from mcnn.config.labels import BASELINES, Labels
from mcnn.config.network import Network
from mcnn.config.record import StageRecord
from mcnn.config.references import claimed_twice, dangling_references, not_evaluated
from mcnn.config.settings import Settings
from mcnn.config.structure import check_structure
from mcnn.config.training import Optimizer, StageName, Training
from mcnn.errors import ConfigError, did_you_mean
from mcnn.provenance import code_fingerprint

CHECKPOINTS = ("checkpoint_every", "checkpoint_minutes")
OF_THE_JOB = ("device", "threads", "on_error", "checkpoints", *CHECKPOINTS)
"""Settings of how jobs run, whose edits rerun nothing."""


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
    check_structure(config)
    try:
        settings = _validate(Settings, config)
    except ValidationError as error:
        raise ConfigError(_message(error)) from None
    problems = list(dangling_references(settings))
    # These look up what the targets refer to.
    problems = problems or [*not_evaluated(settings), *claimed_twice(settings)]
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
        If an override does not fit its section, or timm has no model of the name given.
    """
    chain = settings.experiments[experiment]
    override = chain.override
    network = _override(settings.network, override.network, f"{experiment}.override.network")
    labels = _override(settings.labels, override.labels, f"{experiment}.override.labels")
    training = _training(settings, experiment)
    supervision = labels.image_predictor if chain.dataset is None else labels.predictor
    optimizer = _resolved(training, baseline=supervision in BASELINES)
    _check_backbone_input(experiment, network, optimizer)
    starts = [chain.start, *(f"{experiment}/{stage}" for stage in chain.stages[:-1])]
    return {
        stage: StageRecord(
            dataset=chain.dataset,
            images=chain.images if stage == "joint" or chain.dataset is None else None,
            classes=settings.classes_of_experiment(experiment),
            start=start,
            network=network.resolved(),
            labels=labels,
            stage=getattr(training, stage),
            optimizer=optimizer,
            plug_in_code=_plug_in_code(labels),
        )
        for stage, start in zip(chain.stages, starts, strict=True)
    }


def plain(settings: Settings) -> dict[str, Any]:
    """The checked configuration in JSON's types, defaults included, with what follows from it.

    Added are ``stages``, the record of each training by experiment and stage; ``evaluated_on``, the
    image sets that each experiment is evaluated on; ``checkpoints``, how often each experiment
    leaves one; and every experiment has its ``seeds``.

    Examples
    --------
    >>> plain(settings)["stages"]["m-cnn"]["finetuned"]["stage"]["alpha"]  # doctest: +SKIP
    2.0
    """
    found = settings.model_dump(mode="json", by_alias=True)
    names = list(settings.experiments)
    found["stages"] = {
        name: {
            stage: record.model_dump(mode="json", by_alias=True)
            for stage, record in stage_records(settings, name).items()
        }
        for name in names
    }
    found["evaluated_on"] = {name: list(settings.sets_of_experiment(name)) for name in names}
    found["checkpoints"] = {
        name: _training(settings, name).model_dump(include=set(CHECKPOINTS)) for name in names
    }
    for name in names:
        found["experiments"][name]["seeds"] = list(settings.seeds_of_experiment(name))
    return found


def shaping(found: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `plain` settings that shape results: neither device nor threads, for example."""
    training = {key: value for key, value in found["training"].items() if key not in OF_THE_JOB}
    kept = {key: value for key, value in found.items() if key not in OF_THE_JOB}
    return {**kept, "training": training}


def _training(settings: Settings, experiment: str) -> Training:
    changes = settings.experiments[experiment].override.training
    return _override(settings.training, changes, f"{experiment}.override.training")


def _resolved(training: Training, baseline: bool) -> Optimizer:
    """What the stages share, `auto` replaced by what it stands for."""
    shared = training.model_dump(include=set(Optimizer.model_fields))
    meant = {
        "class_weights": "none" if baseline else "balanced",
        "video_batches": "frames" if baseline else "shots",
    }
    return Optimizer(**{**shared, **{key: meant[key] for key in meant if shared[key] == "auto"}})


def _check_backbone_input(experiment: str, network: Network, optimizer: Optimizer) -> None:
    if optimizer.backbone_input == "crops":
        return
    if optimizer.backbone_multiplier:
        raise ConfigError(
            f"training.backbone_input of the experiment {experiment}: got frames, expected crops, "
            f"as its backbone learns (backbone_multiplier is {optimizer.backbone_multiplier:g})"
        )
    if not network.has_levels:
        raise ConfigError(
            f"training.backbone_input of the experiment {experiment}: got frames, expected crops, "
            f"as layers of {network.architecture} would have to be trained behind the features"
        )


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
        module, colon, factory = name.partition(":")
        if not colon:
            continue
        try:
            found = import_module(module)
        except ImportError as error:
            raise ConfigError(
                f"labels: got {name!r}, expected module:factory of a module that can be imported "
                f"({error})"
            ) from None
        file = getattr(found, "__file__", None)
        if not callable(getattr(found, factory, None)) or file is None:
            close = did_you_mean(factory, vars(found))
            raise ConfigError(
                f"labels: got {name!r}, but {module} has no function {factory!r}{close}"
            )
        fingerprints.append(code_fingerprint(Path(file)))
    return " ".join(fingerprints)


def _merge(base: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        nested = isinstance(value, Mapping) and isinstance(merged.get(key), dict)
        merged[key] = _merge(merged[key], value) if nested else value
    return merged


def _message(error: ValidationError, prefix: str = "") -> str:
    lines = []
    for item in error.errors():
        path = prefix + ".".join(str(part) for part in item["loc"])
        if item["type"] == "extra_forbidden":
            close = did_you_mean(str(item["loc"][-1]), _known_keys())
            lines.append(
                f"{path}: unknown key (value {item['input']!r}), expected none of that name{close}"
            )
        elif item["type"] == "missing":
            lines.append(f"{path}: missing, expected a value")
        else:
            got = f"got {item['input']!r} ({type(item['input']).__name__}), "
            reason = item["msg"].removeprefix("Value error, ")
            lines.append(f"{path.rstrip('.')}: {got}expected: {reason[0].lower()}{reason[1:]}")
    return _join(lines)


def _known_keys() -> set[str]:
    """Names of all settings."""
    return {
        field.alias or name
        for section in Section.__subclasses__()
        for name, field in section.model_fields.items()
    }


def _join(lines: list[str]) -> str:
    return "the configuration is not valid:\n  " + "\n  ".join(lines)

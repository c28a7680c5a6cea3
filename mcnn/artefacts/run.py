"""The record of a training: run.json, and history.csv beside it."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel, ConfigDict

from mcnn.artefacts.base import broken
from mcnn.files import write_csv, write_text

OUTSIDE_THE_MARK = {"n_samples", "seconds", "threads"}
"""Fields of a record that say what came of the training, or how, not what determined it."""


@dataclass(frozen=True)
class HistoryRow:
    """One iteration in history.csv."""

    iteration: int
    loss: float
    learning_rate: float
    agreement: float


class _Part(BaseModel):
    """A section of the settings, of which readers of runs need what is named; the rest is kept."""

    model_config = ConfigDict(extra="allow", frozen=True)


class _Stage(_Part):
    iterations: int


class _Network(_Part):
    architecture: str


class RunSettings(_Part):
    """The settings of a training, `mcnn.config.record.StageRecord` in JSON's types."""

    dataset: str | None
    images: str | None
    start: str | None
    stage: _Stage
    network: _Network


class Run(BaseModel):
    """What determined a training, and what came of it.

    Attributes
    ----------
    code
        Fingerprint of the code.
    settings
        The settings.
    seed, device, threads
        Of the training; device is cpu, cuda or mps.
    samples_sha256
        Digest of the dataset's samples, None without.
    shots
        ``video/shot`` of those trained on.
    images, images_sha256
        Names of the tagged images, and a digest of their tags, paths, pixels and masks; None
        without.
    start_sha256
        Digest of the model or the pretrained weights that it started from.
    versions
        Of Python and the libraries that shape the weights.
    n_samples
        Shots and images of each class.
    seconds
        It took; those since the last start, if it was resumed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str
    settings: RunSettings
    seed: int
    device: str
    threads: int
    samples_sha256: str | None
    shots: tuple[str, ...]
    images: tuple[str, ...]
    images_sha256: str | None
    start_sha256: str | None
    versions: dict[str, str]
    n_samples: dict[str, int] = {}
    seconds: float = 0.0

    def mark(self) -> str:
        """Digest of all that determines the weights: code, settings, data, seed, libraries."""
        facts = self.model_dump(mode="json", exclude=OUTSIDE_THE_MARK)
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()

    def samples(self) -> set[tuple[str, str]]:
        """The distinct shots and images trained on, each with what it is part of."""
        shots = {(f"shots of {self.settings.dataset}", shot) for shot in self.shots}
        return shots | {("images", image) for image in self.images}


def write_run(run: Run, path: Path) -> None:
    """Write a record as JSON."""
    write_text(path, run.model_dump_json(indent=2))


def read_run(path: Path) -> Run:
    """Read what `write_run` wrote.

    Raises
    ------
    DataError
        If the file is missing or no such record.
    """
    try:
        return Run.model_validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise broken(path, "a record of a training", _first_line(error)) from error


def write_history(rows: Iterable[HistoryRow], path: Path) -> None:
    """Write a row per iteration as CSV."""
    columns = [field.name for field in fields(HistoryRow)]
    write_csv(path, pd.DataFrame([asdict(row) for row in rows], columns=columns))


def _first_line(error: Any) -> str:
    return " ".join(str(error).split())[:200]

"""Checkpoints: all that a killed training needs to go on as if nothing had happened."""

import logging
import os
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch

from mcnn.files import atomic

log = logging.getLogger(__name__)


class Checkpoint(NamedTuple):
    """Where a training leaves its state, and how often.

    Attributes
    ----------
    path
        The file.
    mark
        Digest of all that determines the training, `mcnn.artefacts.run.Run.mark`.
    every
        Iterations between two checkpoints.
    """

    path: Path
    mark: str
    every: int


def save_checkpoint(path: Path, state: Mapping[str, Any], mark: str) -> None:
    """Write a checkpoint atomically.

    Parameters
    ----------
    path
        File to write or replace.
    state
        Tensors and plain values.
    mark
        The training's.
    """
    with atomic(path) as partial, partial.open("wb") as file:
        torch.save({"fingerprint": mark, "state": dict(state)}, file)
        file.flush()
        os.fsync(file.fileno())


def load_checkpoint(path: Path, mark: str) -> dict[str, Any] | None:
    """Read a checkpoint of this very training.

    Parameters
    ----------
    path
        File to read.
    mark
        The training's.

    Returns
    -------
    The state; None if there is no checkpoint, or if it is damaged or belongs to a training with
    other code, configuration or data, which is logged.
    """
    if not path.exists():
        return None
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, pickle.UnpicklingError) as error:
        log.warning("%s is damaged (%s): training starts anew", path, error)
        return None
    if content["fingerprint"] != mark:
        log.warning("%s is of other code, settings or data: training starts anew", path)
        return None
    state: dict[str, Any] = content["state"]
    return state

"""Checkpoints: all that a killed training needs to go on as if nothing had happened."""

import hashlib
import io
import logging
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch

from mcnn.errors import DataError
from mcnn.files import atomic, read_bytes

log = logging.getLogger(__name__)

_DIGEST_BYTES = hashlib.sha256().digest_size


class Checkpoint(NamedTuple):
    """Where a training leaves its state, and how often.

    Attributes
    ----------
    path
        The file.
    mark
        Digest of all that determines the training, `mcnn.artefacts.run.Run.mark`.
    every
        Iterations between two checkpoints, at most.
    minutes
        Minutes between two checkpoints, at most.
    """

    path: Path
    mark: str
    every: int
    minutes: float = math.inf


def save_checkpoint(path: Path, state: Mapping[str, Any], mark: str) -> None:
    """Write a checkpoint atomically: a SHA-256 digest, and what it is of, in torch's format.

    Parameters
    ----------
    path
        File to write or replace.
    state
        Tensors and plain values.
    mark
        The training's.
    """
    buffer = io.BytesIO()
    torch.save({"fingerprint": mark, "state": dict(state)}, buffer)
    content = buffer.getbuffer()
    with atomic(path) as partial, partial.open("wb") as file:
        file.write(hashlib.sha256(content).digest())
        file.write(content)
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
    if not os.path.lexists(path):
        return None
    try:
        data = read_bytes(path)
    except DataError as error:
        log.warning("%s: training starts anew", error)
        return None
    digest, content = data[:_DIGEST_BYTES], memoryview(data)[_DIGEST_BYTES:]
    if hashlib.sha256(content).digest() != digest:
        log.warning("%s is damaged: training starts anew", path)
        return None
    try:
        found = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        fingerprint, state = found["fingerprint"], dict(found["state"])
    # Of what is no checkpoint, though its digest is right, torch raises about everything there is.
    except Exception as error:
        log.warning("%s is no checkpoint (%s): training starts anew", path, error)
        return None
    if fingerprint != mark:
        log.warning("%s is of other code, settings or data: training starts anew", path)
        return None
    return state

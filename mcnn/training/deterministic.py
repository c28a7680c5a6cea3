"""Trainings on a GPU that come out the same again."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def deterministic(device: torch.device, wanted: bool) -> Iterator[None]:
    """Let a GPU use operations alone that add in the same order each time, if that is wanted.

    Torch warns of an operation that it has no such one for. A CPU needs none of this.
    """
    if device.type != "cuda" or not wanted:
        yield
        return
    # cuBLAS reads it when a process uses it for the first time.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    before = torch.are_deterministic_algorithms_enabled()
    warned_only = torch.is_deterministic_algorithms_warn_only_enabled()
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before, warn_only=warned_only)

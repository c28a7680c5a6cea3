"""A GPU for each of the processes that share a machine."""

import os
import tempfile
from collections.abc import Sequence
from functools import cache
from itertools import count
from pathlib import Path

import torch
from filelock import FileLock, Timeout

_held: list[FileLock] = []
"""Locks of this process; the system releases them at its end, however it ends."""


@cache
def own_gpu() -> int:
    """Number of the visible GPU that this process is to use, the same in each call.

    Which GPUs are visible is for `CUDA_VISIBLE_DEVICES` to say, as torch reads it.
    """
    n_gpus = torch.cuda.device_count()
    if n_gpus <= 1:
        return 0
    # GPUs have one name in all processes, whichever of them each can see.
    names = [str(torch.cuda.get_device_properties(k).uuid) for k in range(n_gpus)]
    # By number: in a container, users need not have a name. On Windows the folder is one's own.
    user = getattr(os, "getuid", int)()
    return take_gpu(names, Path(tempfile.gettempdir()) / f"mcnn-gpus-{user}")


def take_gpu(names: Sequence[str], folder: Path) -> int:
    """Take one of the GPUs that the fewest processes have taken, the first of several.

    Parameters
    ----------
    names
        Of the GPUs, the same in all processes.
    folder
        Where their locks lie.

    Returns
    -------
    Its position among the names. It is this process's until the process ends.
    """
    folder.mkdir(exist_ok=True)
    for users in count():
        for position, name in enumerate(names):
            lock = FileLock(folder / f"{name}.{users}.lock")
            try:
                lock.acquire(blocking=False)
            except Timeout:
                continue
            _held.append(lock)
            return position
    raise AssertionError("some lock is free")

"""How many threads an operation of torch is divided among."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def single_threaded(device: torch.device) -> Iterator[None]:
    """Let each operation of torch run in one thread, if they run on the CPU.

    Several images at a time are faster than parts of one, and no sum depends on the number of
    threads.
    """
    before = torch.get_num_threads()
    if device.type == "cpu":
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)

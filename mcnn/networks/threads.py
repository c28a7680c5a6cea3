"""How many threads an operation of torch is divided among."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def single_threaded() -> Iterator[None]:
    """Let each operation of torch run in one thread of the CPU.

    Several images at a time are faster than parts of one, and no sum depends on the number of
    threads. Where the network is on a GPU, the CPU has copies left, for which threads that wait
    for each other cost more than they save.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)

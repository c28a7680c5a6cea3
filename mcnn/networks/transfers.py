"""Arrays to a device and back, without waiting for it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def to_device(array: NDArray[Any], device: torch.device | str) -> Tensor:
    """Tensor of an array on a device.

    To a GPU it is copied from page-locked memory: the caller goes on meanwhile, and what is asked
    of the GPU afterwards waits for the copy. On the CPU they share memory, if it is contiguous.
    """
    if torch.device(device).type != "cuda":
        return torch.from_numpy(np.ascontiguousarray(array)).to(device)
    dtype = torch.from_numpy(np.empty(0, array.dtype)).dtype
    pinned = torch.empty(array.shape, dtype=dtype, pin_memory=True)
    # By this thread alone: for torch's own copy all of its threads wake up.
    pinned.numpy()[...] = array
    return pinned.to(device, non_blocking=True)


def to_host(tensor: Tensor) -> Callable[[], NDArray[Any]]:
    """Begin to copy a tensor to the CPU; what is returned waits for the copy and gives its array.

    A GPU goes on with what it is asked for after this call while the copy is waited for.
    """
    if tensor.device.type != "cuda":
        return tensor.cpu().numpy
    host = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
    host.copy_(tensor, non_blocking=True)
    copied = torch.cuda.Event()
    copied.record(torch.cuda.current_stream(tensor.device))

    def array() -> NDArray[Any]:
        copied.synchronize()
        values: NDArray[Any] = host.numpy()
        return values

    return array

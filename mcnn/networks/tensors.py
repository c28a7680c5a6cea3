"""Tensors: named ones into networks, and arrays to a device and back."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mcnn.artefacts.model import Tensors
from mcnn.errors import DataError


def copy_tensors(
    network: nn.Module, tensors: Tensors, path: Path, remedy: str, new_layers: Sequence[str] = ()
) -> None:
    """Copy all tensors of a network but those of its new layers, once all are known to fit.

    Parameters
    ----------
    network
        Changed in place, or not at all if there is an error.
    tensors
        By the names of the network's state dict; others are ignored.
    path, remedy
        For the error.
    new_layers
        Beginnings of the names of tensors that stay as they are.

    Raises
    ------
    DataError
        If a tensor is missing, has another shape, or values that are not finite.
    """
    state = network.state_dict()
    wanted = [name for name in state if not name.startswith(tuple(new_layers))]
    for name in wanted:
        expect(tensors, name, tuple(state[name].shape), path, remedy)
        if not tensors[name].isfinite().all():
            raise DataError(path, f"tensor {name} has values that are not finite", remedy)
    for name in wanted:
        state[name].copy_(tensors[name])


def expect(tensors: Tensors, name: str, shape: tuple[int, ...], path: Path, remedy: str) -> None:
    """Raise a DataError if a tensor is missing or has another shape."""
    if name not in tensors:
        raise DataError(path, f"tensor {name} is missing", remedy)
    found = tuple(tensors[name].shape)
    if found != shape:
        raise DataError(path, f"tensor {name} has shape {found}, expected {shape}", remedy)


def to_device(array: NDArray[Any], device: torch.device | str) -> Tensor:
    """A tensor of an array's values on a device.

    To a GPU they are copied through pinned memory, and nobody waits for the copy: what is asked of
    the tensor runs after it.

    Parameters
    ----------
    array
        Of a type that torch knows. It may be changed afterwards, unless the device is the CPU,
        where the tensor shares its memory if it is contiguous.
    device
        Any of torch's.
    """
    tensor = torch.from_numpy(np.ascontiguousarray(array))
    if torch.device(device).type == "cuda":
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)


def to_array(tensor: Tensor) -> NDArray[Any]:
    """The values of a tensor without a gradient; from a GPU, copied to pinned memory.

    Only what was asked of the GPU before is waited for.
    """
    if tensor.device.type != "cuda":
        return np.asarray(tensor.cpu().numpy())
    copied = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
    copied.copy_(tensor, non_blocking=True)
    done = torch.cuda.Event()
    done.record(torch.cuda.current_stream(tensor.device))
    done.synchronize()
    return np.asarray(copied.numpy())

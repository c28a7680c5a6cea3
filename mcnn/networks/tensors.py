"""Named tensors in files, and into networks."""

import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from mcnn.errors import DataError

Tensors = Mapping[str, Tensor]


def read_tensors(path: Path, remedy: str) -> dict[str, Tensor]:
    """Read the tensors of a .safetensors or .pth file.

    Raises
    ------
    DataError
        If the file is missing, damaged or holds something else, with the remedy given.
    """
    if not path.is_file():
        raise DataError(path, "there is no such file", remedy)
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (
        SafetensorError,
        pickle.UnpicklingError,
        RuntimeError,
        EOFError,
        OSError,
        LookupError,
        ValueError,
    ) as error:
        raise DataError(path, f"the file is damaged ({error})", remedy) from error
    if not isinstance(content, dict):
        raise DataError(path, "the file holds no dictionary of tensors", remedy)
    return {name: value for name, value in content.items() if isinstance(value, Tensor)}


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

"""Named tensors into networks."""

from collections.abc import Sequence
from pathlib import Path

from torch import nn

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

"""A trained model: a safetensors file with its classes and the settings of its network."""

import json
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from mcnn.config.network import Network
from mcnn.errors import DataError
from mcnn.files import atomic
from mcnn.label_space import IGNORE

Tensors = Mapping[str, Tensor]
GIVE_MODEL = (
    "give the model.safetensors of a training; if a run wrote this one, remove it and run again"
)
"""The remedy for what is no model: one's own choice of a file, or what is left of a training."""
_METADATA = "model"
_UNREADABLE = (SafetensorError, RuntimeError, EOFError, OSError, LookupError, ValueError)


class Model(NamedTuple):
    """All that is needed to rebuild a trained network.

    Attributes
    ----------
    tensors
        The state dict, on the CPU.
    classes
        Names of the labels from 1 on.
    settings
        Settings of the network.
    """

    tensors: Tensors
    classes: tuple[str, ...]
    settings: Network


def write_model(model: Model, path: Path) -> None:
    """Write a model; equal models give equal files."""
    # One key: safetensors writes several in a random order.
    described = {
        "classes": list(model.classes),
        "network": model.settings.model_dump(mode="json", by_alias=True),
    }
    with atomic(path) as partial:
        save_file(dict(model.tensors), partial, {_METADATA: json.dumps(described)})


def read_model(path: Path) -> Model:
    """Read what `write_model` wrote.

    Raises
    ------
    DataError
        If the file is missing, damaged or no such model.
    """
    if not path.is_file():
        problem = "it is a folder" if path.is_dir() else "there is no such file"
        raise DataError(path, problem, "give the path of the model.safetensors of a training")
    try:
        tensors = load_file(path)
        with safe_open(path, "pt") as file:
            described = file.metadata() or {}
    except _UNREADABLE as error:
        problem = f"this is no model of a training, or it is damaged ({error})"
        raise DataError(path, problem, GIVE_MODEL) from error
    if _METADATA not in described:
        problem = "it holds tensors, but no model of a training: no classes, no settings"
        raise DataError(path, problem, GIVE_MODEL)
    try:
        model = json.loads(described[_METADATA])
        settings = Network.model_validate(model["network"])
        settings.statistics()  # A model that timm lacks is a ConfigError.
        return Model(tensors, _classes(model["classes"]), settings)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        problem = f"this is no model of a training ({error!r})"
        raise DataError(path, problem, GIVE_MODEL) from error


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
        _refuse_packed(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        # Its text advises to run the code in the file.
        raise DataError(path, "the file is damaged, or no file of tensors alone", remedy) from error
    # torch interprets a pickle, and raises whatever its steps raise of operands they do not have.
    except Exception as error:
        raise DataError(path, f"the file is damaged ({error!r})", remedy) from error
    if not isinstance(content, dict):
        raise DataError(path, "the file holds no dictionary of tensors", remedy)
    found = {name: value for name, value in content.items() if isinstance(value, Tensor)}
    foreign = [name for name, value in found.items() if not _is_plain(value)]
    if foreign:
        raise DataError(path, f"tensor {foreign[0]} is no plain array of numbers", remedy)
    return found


def _classes(names: Any) -> tuple[str, ...]:
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("its classes are no list of texts")
    if len(names) >= IGNORE:
        raise ValueError(f"it has {len(names)} classes")
    return tuple(names)


def _refuse_packed(path: Path) -> None:
    """torch never packs what it writes; what is packed may be a thousand times as large."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
                raise ValueError("it is compressed")


def _is_plain(tensor: Tensor) -> bool:
    """Whether a tensor is dense, and has values."""
    dense = tensor.layout == torch.strided and not tensor.is_quantized
    return dense and tensor.device.type == "cpu"

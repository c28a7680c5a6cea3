"""Trained networks in files."""

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from mcnn.config.method import Network
from mcnn.errors import DataError
from mcnn.files import atomic
from mcnn.networks.base import SegmentationNetwork
from mcnn.networks.build import build_network
from mcnn.networks.tensors import copy_tensors, expect, read_tensors

_METADATA = "model"
_RETRAIN = "delete it and run the stage that trains it again"


def save_network(
    network: SegmentationNetwork, path: Path, classes: Sequence[str], settings: Network
) -> None:
    """Write a trained network with all that is needed to rebuild it.

    Parameters
    ----------
    network
        Of `build_network(settings, 1 + len(classes))`.
    path
        Safetensors file to write; equal networks give equal files.
    classes
        Names of the labels from 1 on.
    settings
        Settings of the network.
    """
    tensors = {name: tensor.cpu().contiguous() for name, tensor in network.state_dict().items()}
    # One key: safetensors writes several in a random order.
    model = {
        "classes": list(classes),
        "network": settings.model_dump(mode="json", by_alias=True),
        "window": network.window,
    }
    with atomic(path) as partial:
        save_file(tensors, partial, {_METADATA: json.dumps(model)})


def load_network(path: Path) -> tuple[SegmentationNetwork, tuple[str, ...]]:
    """Rebuild a network that `save_network` wrote; torch's random state is left untouched.

    Parameters
    ----------
    path
        Safetensors file.

    Returns
    -------
    network
        On the CPU, in evaluation mode.
    classes
        Names of the labels from 1 on.

    Raises
    ------
    DataError
        If the file is missing, damaged or no model of `save_network`.
    """
    tensors, classes, settings, window = _read_model(path)
    with torch.random.fork_rng(devices=[]):
        network = build_network(settings, 1 + len(classes))
    copy_tensors(network, tensors, path, _RETRAIN)
    network.window = window
    return network.eval(), classes


def load_matching(network: SegmentationNetwork, classes: Sequence[str], path: Path) -> None:
    """Load the weights of another stage's model, whose classes may be others.

    The rows of the last layer are matched by the names of the classes; a class that the model
    does not know keeps its present row.

    Parameters
    ----------
    network
        Of `build_network`; changed in place, or not at all if there is an error.
    classes
        Names of the network's labels from 1 on.
    path
        Safetensors file of `save_network`.

    Raises
    ------
    DataError
        If the file is missing or damaged, or its network is another one.
    """
    tensors, known, settings, _ = _read_model(path)
    if settings.architecture != network.settings.architecture:
        raise DataError(
            path,
            f"it is a {settings.architecture}, the network is a {network.settings.architecture}",
            "use the same `network.architecture` in both stages",
        )
    rows = {label: known.index(name) + 1 for label, name in enumerate(classes, 1) if name in known}
    to, of = [0, *rows], [0, *rows.values()]
    merged = dict(tensors)
    state = network.state_dict()
    for name in network.classifier_names():
        expect(tensors, name, (1 + len(known), *state[name].shape[1:]), path, _RETRAIN)
        merged[name] = state[name].clone()
        merged[name][to] = tensors[name][of].to(merged[name])
    remedy = "use the same settings of the network in both stages"
    copy_tensors(network, merged, path, remedy)


def _read_model(path: Path) -> tuple[dict[str, Tensor], tuple[str, ...], Network, int | None]:
    tensors = read_tensors(path, _RETRAIN)
    try:
        with safe_open(path, "pt") as file:
            model = json.loads((file.metadata() or {})[_METADATA])
        settings = Network.model_validate(model["network"])
        return tensors, tuple(model["classes"]), settings, model["window"]
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise DataError(path, f"this is no model of a training ({error!r})", _RETRAIN) from error

"""Trained networks in files."""

from collections.abc import Sequence
from pathlib import Path

import torch

from mcnn.artefacts.model import GIVE_MODEL, Model, read_model, write_model
from mcnn.config.network import Network
from mcnn.errors import DataError
from mcnn.label_space import index_of
from mcnn.networks.base import SegmentationNetwork
from mcnn.networks.build import build_network
from mcnn.networks.tensors import copy_tensors, expect


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
        Settings of the network; mean and deviation of its input are written as numbers.
    """
    tensors = {name: tensor.cpu().contiguous() for name, tensor in network.state_dict().items()}
    write_model(Model(tensors, tuple(classes), settings.resolved()), path)


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
    model = read_model(path)
    with torch.random.fork_rng(devices=[]):
        network = build_network(model.settings, 1 + len(model.classes))
    copy_tensors(network, model.tensors, path, GIVE_MODEL)
    return network.eval(), model.classes


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
    tensors, known, settings = read_model(path)
    if settings.architecture != network.settings.architecture:
        raise DataError(
            path,
            f"it is a {settings.architecture}, the network is a {network.settings.architecture}",
            "use the same `network.architecture` in both stages",
        )
    theirs = index_of(known)
    rows = {label: theirs[name] for name, label in index_of(classes).items() if name in theirs}
    to, of = [0, *rows], [0, *rows.values()]
    merged = dict(tensors)
    state = network.state_dict()
    for name in network.classifier_names():
        expect(tensors, name, (1 + len(known), *state[name].shape[1:]), path, GIVE_MODEL)
        merged[name] = state[name].clone()
        merged[name][to] = tensors[name][of].to(merged[name])
    remedy = "use the same settings of the network in both stages"
    copy_tensors(network, merged, path, remedy)

"""Weights in files: pretrained ones and those of trained networks."""

import json
import pickle
import tempfile
from collections.abc import Mapping, Sequence
from http.client import HTTPException
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from mcnn._torchvision import import_torchvision
from mcnn.config.method import Network
from mcnn.errors import DataError
from mcnn.files import atomic
from mcnn.networks.base import SegmentationNetwork
from mcnn.networks.build import build_network
from mcnn.networks.deeplab import FIELDS, DeepLab, Field

Tensors = Mapping[str, Tensor]

TORCHVISION_NAMES = {
    "deeplab_large_fov": "vgg16",
    "deeplab_small_fov": "vgg16",
    "squeezenet1_1": "squeezenet1_1",
    "resnet18": "resnet18",
    "resnet50": "resnet50",
}
_VGG_CHANNELS, _VGG_KERNEL = 4096, 7
_METADATA = "model"
_RETRAIN = "delete it and run the stage that trains it again"


def fetch_pretrained(architecture: str, path: Path) -> None:
    """Download torchvision's ImageNet weights (IMAGENET1K_V1) and verify their digest.

    Parameters
    ----------
    architecture
        A key of `TORCHVISION_NAMES`.
    path
        Safetensors file to write, under torchvision's names and complete: it suits every network
        on the same backbone.

    Raises
    ------
    DataError
        If there are no such weights, or the download fails or has another digest.
    """
    url = _url(architecture, path)
    name = url.rpartition("/")[2]
    digest = Path(name).stem.rpartition("-")[2]
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as folder:
        download = Path(folder) / name
        remedy = f"download {name} yourself and point at it: `network.weights: <path>/{name}`"
        try:
            torch.hub.download_url_to_file(url, str(download), digest, progress=False)
        except (OSError, HTTPException, RuntimeError) as error:
            raise DataError(path, f"the download of {url} failed ({error})", remedy) from error
        tensors = {key: tensor.contiguous() for key, tensor in _read(download, remedy).items()}
    with atomic(path) as partial:
        save_file(tensors, partial)


def load_pretrained(network: SegmentationNetwork, path: Path) -> None:
    """Load a classifier's ImageNet weights into a network; its new layers stay as they are.

    fc6 and fc7 of DeepLab are VGG-16's, subsampled (protocol, section 2): of the 7 x 7 positions
    every third or every second one, of the 4096 channels every fourth one or all. fc8 and the
    heads of the other backbones are new.

    Parameters
    ----------
    network
        Of `build_network`; changed in place, or not at all if there is an error.
    path
        .safetensors or .pth file with torchvision's names. The backbones other than VGG-16 need
        no tensors of the classifier.

    Raises
    ------
    DataError
        If the file is missing or damaged, or has not what the network needs.
    """
    architecture = network.settings.architecture
    url = _url(architecture, path)
    remedy = (
        "set `network.weights` to imagenet to have the file fetched, or to the path of a local "
        f"copy of {url}"
    )
    if not isinstance(network, DeepLab):
        _copy(network, _read(path, remedy), path, remedy)
        return
    if network.settings.width < 1:
        raise DataError(
            path,
            f"pretrained weights need the full width, but network.width is "
            f"{network.settings.width}",
            "set `network.width` to 1, or `network.weights` to none",
        )
    _copy(
        network, _subsampled(_read(path, remedy), FIELDS[architecture], path, remedy), path, remedy
    )


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
    model = {"classes": list(classes), "network": settings.model_dump(mode="json", by_alias=True)}
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
    tensors, classes, settings = _read_model(path)
    with torch.random.fork_rng(devices=[]):
        network = build_network(settings, 1 + len(classes))
    _copy(network, tensors, path, _RETRAIN, new_layers=())
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
    tensors, known, settings = _read_model(path)
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
        _expect(tensors, name, (1 + len(known), *state[name].shape[1:]), path, _RETRAIN)
        merged[name] = state[name].clone()
        merged[name][to] = tensors[name][of].to(merged[name])
    remedy = "use the same settings of the network in both stages"
    _copy(network, merged, path, remedy, new_layers=())


def _url(architecture: str, path: Path) -> str:
    if architecture not in TORCHVISION_NAMES:
        raise DataError(
            path,
            f"there are no pretrained weights for {architecture}",
            "set `network.weights` to none",
        )
    weights = import_torchvision().models.get_model_weights(TORCHVISION_NAMES[architecture])
    url: str = weights.IMAGENET1K_V1.url
    return url


def _read(path: Path, remedy: str) -> dict[str, Tensor]:
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


def _read_model(path: Path) -> tuple[dict[str, Tensor], tuple[str, ...], Network]:
    tensors = _read(path, _RETRAIN)
    try:
        with safe_open(path, "pt") as file:
            model = json.loads((file.metadata() or {})[_METADATA])
        return tensors, tuple(model["classes"]), Network.model_validate(model["network"])
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise DataError(path, f"this is no model of a training ({error!r})", _RETRAIN) from error


def _subsampled(tensors: Tensors, field: Field, path: Path, remedy: str) -> dict[str, Tensor]:
    """Tensors of VGG-16 with fc6 and fc7 as the convolutions of a field of view."""
    names = [f"classifier.{i}.{kind}" for i in (0, 3) for kind in ("weight", "bias")]
    for name in names:
        if name not in tensors:
            raise DataError(path, f"tensor {name} is missing", remedy)
    n = _VGG_CHANNELS
    fc6, fc6_bias, fc7, fc7_bias = (tensors[name] for name in names)
    if fc6.shape == (n, 512 * _VGG_KERNEL**2):
        fc6 = fc6.view(n, 512, _VGG_KERNEL, _VGG_KERNEL)
    if fc7.shape == (n, n):
        fc7 = fc7.view(n, n, 1, 1)
    full = dict(zip(names, (fc6, fc6_bias, fc7, fc7_bias), strict=True))
    shapes = ((n, 512, _VGG_KERNEL, _VGG_KERNEL), (n,), (n, n, 1, 1), (n,))
    for name, shape in zip(names, shapes, strict=True):
        _expect(full, name, shape, path, remedy)
    every, apart = n // field.channels, (_VGG_KERNEL - 1) // (field.kernel - 1)
    subsampled = (
        fc6[::every, :, ::apart, ::apart],
        fc6_bias[::every],
        fc7[::every, ::every],
        fc7_bias[::every],
    )
    return {**tensors, **dict(zip(names, subsampled, strict=True))}


def _copy(
    network: SegmentationNetwork,
    tensors: Tensors,
    path: Path,
    remedy: str,
    new_layers: Sequence[str] | None = None,
) -> None:
    """Copy all tensors of a network but those of its new layers, once all are known to fit."""
    if new_layers is None:
        new_layers = (
            network.classifier_names() if isinstance(network, DeepLab) else ("classifier.",)
        )
    state = network.state_dict()
    wanted = [name for name in state if not name.startswith(tuple(new_layers))]
    for name in wanted:
        _expect(tensors, name, tuple(state[name].shape), path, remedy)
        if not tensors[name].isfinite().all():
            raise DataError(path, f"tensor {name} has values that are not finite", remedy)
    for name in wanted:
        state[name].copy_(tensors[name])


def _expect(tensors: Tensors, name: str, shape: tuple[int, ...], path: Path, remedy: str) -> None:
    if name not in tensors:
        raise DataError(path, f"tensor {name} is missing", remedy)
    found = tuple(tensors[name].shape)
    if found != shape:
        raise DataError(path, f"tensor {name} has shape {found}, expected {shape}", remedy)

"""Pretrained weights: torchvision's ImageNet classifiers, and timm's models."""

import tempfile
from http.client import HTTPException
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from mcnn._timm import import_timm, pretrained_settings
from mcnn._torchvision import import_torchvision
from mcnn.artefacts.model import Tensors, read_tensors
from mcnn.errors import DataError
from mcnn.files import atomic
from mcnn.networks.base import SegmentationNetwork
from mcnn.networks.deeplab import FIELDS, DeepLab, Field
from mcnn.networks.tensors import copy_tensors, expect
from mcnn.networks.timm import PREFIX, Timm

TORCHVISION_NAMES = {
    "deeplab_large_fov": "vgg16",
    "deeplab_small_fov": "vgg16",
    "squeezenet1_1": "squeezenet1_1",
    "mobilenet_v2": "mobilenet_v2",
}
_VGG_CHANNELS, _VGG_KERNEL = 4096, 7


def fetch_pretrained(architecture: str, path: Path) -> None:
    """Download torchvision's ImageNet weights (IMAGENET1K_V1), or timm's default ones.

    Parameters
    ----------
    architecture
        A key of `TORCHVISION_NAMES`, or ``timm:`` and a model's name, with a tag for other weights
        than the default ones.
    path
        Safetensors file to write, under torchvision's or timm's names and complete: it suits every
        network on the same backbone.

    Raises
    ------
    DataError
        If there are no such weights, or the download fails; torchvision's also if the digest is
        another one.
    ConfigError
        If timm has no such model or tag.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as folder:
        download = _timms if architecture.startswith(PREFIX) else _torchvisions
        tensors = {
            name: tensor.contiguous()
            for name, tensor in download(architecture, Path(folder), path).items()
        }
    with atomic(path) as partial:
        save_file(tensors, partial)


def _torchvisions(architecture: str, folder: Path, path: Path) -> Tensors:
    url = _url(architecture, path)
    name = url.rpartition("/")[2]
    digest = Path(name).stem.rpartition("-")[2]
    remedy = f"download {name} yourself and point at it: `network.weights: <path>/{name}`"
    try:
        torch.hub.download_url_to_file(url, str(folder / name), digest, progress=False)
    except (OSError, HTTPException, RuntimeError) as error:
        raise DataError(path, f"the download of {url} failed ({error})", remedy) from error
    return read_tensors(folder / name, remedy)


def _timms(architecture: str, folder: Path, path: Path) -> Tensors:
    name = architecture.removeprefix(PREFIX)
    source = pretrained_settings(name)
    try:
        model = import_timm().create_model(name, pretrained=True, cache_dir=folder)
    except Exception as error:  # Of the several libraries by which timm downloads.
        raise DataError(
            path,
            f"the download of timm's {name} failed ({error})",
            f"download {source.get('hf_hub_id') or source.get('url') or 'it'} yourself and point "
            "at it: `network.weights: <path>/model.safetensors`",
        ) from error
    state: Tensors = model.state_dict()
    return state


def load_pretrained(network: SegmentationNetwork, path: Path) -> None:
    """Load a classifier's pretrained weights into a network; its new layers stay as they are.

    fc6 and fc7 of DeepLab are VGG-16's, subsampled (docs/method.md, network): of the 7 x 7
    positions every third or every second one, of the 4096 channels every fourth one or all. fc8
    and the heads of the other backbones are new.

    Parameters
    ----------
    network
        Of `build_network`; changed in place, or not at all if there is an error.
    path
        .safetensors or .pth file with torchvision's or timm's names. The backbones other than
        VGG-16 need no tensors of the classifier.

    Raises
    ------
    DataError
        If the file is missing or damaged, or has not what the network needs.
    """
    architecture = network.settings.architecture
    if isinstance(network, Timm):
        _load_timms(network, path)
        return
    url = _url(architecture, path)
    remedy = (
        "set `network.weights` to imagenet to have the file fetched, or to the path of a local "
        f"copy of {url}"
    )
    if not isinstance(network, DeepLab):
        tensors = read_tensors(path, remedy)
        copy_tensors(network, tensors, path, remedy, new_layers=["classifier."])
        return
    if network.settings.width < 1:
        raise DataError(
            path,
            f"pretrained weights need the full width, but network.width is "
            f"{network.settings.width}",
            "set `network.width` to 1, or `network.weights` to none",
        )
    tensors = _subsampled(read_tensors(path, remedy), FIELDS[architecture], path, remedy)
    copy_tensors(network, tensors, path, remedy, new_layers=network.classifier_names())


def _load_timms(network: Timm, path: Path) -> None:
    remedy = (
        "set `network.weights` to imagenet to have the file fetched, or to the path of a local "
        f"one with the names of timm's {network.settings.architecture.removeprefix(PREFIX)}"
    )
    tensors = {f"backbone.{name}": x for name, x in read_tensors(path, remedy).items()}
    # Counters of batches, which some files lack, have no part in the evaluation mode.
    counters = {n: x for n, x in network.state_dict().items() if n.endswith("num_batches_tracked")}
    copy_tensors(network, counters | tensors, path, remedy, new_layers=["classifier."])


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
        expect(full, name, shape, path, remedy)
    every, apart = n // field.channels, (_VGG_KERNEL - 1) // (field.kernel - 1)
    subsampled = (
        fc6[::every, :, ::apart, ::apart],
        fc6_bias[::every],
        fc7[::every, ::every],
        fc7_bias[::every],
    )
    return {**tensors, **dict(zip(names, subsampled, strict=True))}

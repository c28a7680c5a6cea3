"""Segmentations of VOC's test images, packed for its evaluation server."""

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from mcnn.artefacts.images import Image, read_image, read_images
from mcnn.artefacts.skipped import read_skipped
from mcnn.errors import DataError
from mcnn.files import atomic, refuse_name
from mcnn.imaging.decode import image_size, load_image
from mcnn.imaging.palette import encode_labels
from mcnn.label_space import VOC_CLASSES, index_of
from mcnn.networks.base import SegmentationNetwork, pick_device
from mcnn.networks.scores import predict_label_maps
from mcnn.networks.stream import Stream
from mcnn.networks.weights import load_network
from mcnn.progress import track

FOLDER = "results/VOC2012/Segmentation/comp6_test_cls"
"""Of competition 6: segmentation, trained on other data than VOC's own too."""

_MOST_BYTES = 2**26
"""Of a file in the archive: a byte for each pixel of the largest image."""

_AGAIN = "remove it and export the segmentations again"


def export_voc_test(
    model: Path, images: Path, skipped: Path, output: Path, device: str, threads: int
) -> None:
    """Segment the images of a set and pack the results for VOC's server.

    The archive holds ``results/VOC2012/Segmentation/comp6_test_cls/<id>.png`` for each image, a
    palette PNG of VOC's indices 0 to 20 in the size of the image. Equal segmentations give equal
    bytes. It is checked by `validate_export` before it appears.

    Parameters
    ----------
    model
        model.safetensors of a training; it names its classes.
    images, skipped
        images.parquet of the set, and the list of what was left out of it.
    output
        Gzipped tar file to write.
    device
        auto, cpu, cuda or mps.
    threads
        Images that are worked on at the same time, on an accelerator batches of them.

    Raises
    ------
    DataError
        If a class of the model is none of VOC, or an image is missing: the server wants all. Or if
        the name of an image is a path or comes again.
    """
    torch.set_num_threads(threads)
    _refuse_gaps(skipped)
    network, classes = load_network(model)
    indices = voc_indices(classes, model)
    target = pick_device(device)
    network.to(target).eval()
    listed = read_images(images)
    _refuse_names([image.name for image in listed], images)
    with atomic(output) as partial, Stream(target, threads) as stream:
        _pack(partial, _encoded(stream, network, indices, listed))
        sizes = [image_size(image.path) for image in listed]
        validate_export(partial, [image.name for image in listed], sizes)


def voc_indices(classes: Sequence[str], model: str | Path = "model") -> NDArray[np.uint8]:
    """VOC's index of each label of a network.

    Parameters
    ----------
    classes
        Names of the labels from 1 on.
    model
        File to name in errors.

    Returns
    -------
    ``(1 + len(classes),)`` uint8, 0 for the background: ``voc_indices(classes)[labels]`` are
    labels in VOC's order.

    Raises
    ------
    DataError
        If a class is none of VOC.

    Examples
    --------
    >>> voc_indices(["car", "bird"]).tolist()
    [0, 7, 3]
    """
    unknown = [name for name in classes if name not in VOC_CLASSES]
    if unknown:
        raise DataError(
            model, f"its class {unknown[0]!r} is none of VOC", "export a model of VOC's classes"
        )
    return np.array([0, *(index_of(VOC_CLASSES)[name] for name in classes)], np.uint8)


def validate_export(tgz: str | Path, ids: Sequence[str], sizes: Sequence[tuple[int, int]]) -> None:
    """Check that an archive is what VOC's server accepts for a list of images.

    Parameters
    ----------
    tgz
        Gzipped tar file.
    ids
        Names of the images, without suffix.
    sizes
        Height and width of each image.

    Raises
    ------
    DataError
        For the first file at fault: it is missing, twice there, of no image in the list, no
        palette PNG, of another size than its image, or holds a value above 20. Or for the first
        name that is a path or comes again.
    """
    _refuse_names(ids, tgz)
    expected = {f"{FOLDER}/{name}.png": size for name, size in zip(ids, sizes, strict=True)}
    seen: set[str] = set()
    for name, data in _unpacked(Path(tgz)):
        path = f"{tgz}: {name}"
        if name not in expected:
            raise DataError(path, "it is of no image in the list", _AGAIN)
        if name in seen:
            raise DataError(path, "it is in the archive twice", _AGAIN)
        seen.add(name)
        _check_labels(path, data, expected[name])
    for name in expected:
        if name not in seen:
            raise DataError(f"{tgz}: {name}", "it is missing in the archive", _AGAIN)


def _refuse_names(names: Iterable[str], path: str | Path) -> None:
    seen: set[str] = set()
    for name in names:
        refuse_name(name, seen, path)
        seen.add(name)


def _refuse_gaps(skipped: Path) -> None:
    entries = read_skipped(skipped)
    if entries:
        first = entries[0]
        problem = f"images of the set were left out: {len(entries)}, first {first.item}"
        raise DataError(skipped, f"{problem} ({first.reason})", "add them: the server wants all")


def _encoded(
    stream: Stream,
    network: SegmentationNetwork,
    indices: NDArray[np.uint8],
    images: Sequence[Image],
) -> Iterator[tuple[str, bytes]]:
    def read(image: Image) -> tuple[NDArray[np.uint8], str]:
        return read_image(image), image.name

    def encode(pixels: NDArray[np.uint8], names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        for name, labels in zip(names, predict_label_maps(network, pixels), strict=True):
            yield f"{FOLDER}/{name}.png", encode_labels(indices[labels])

    return track(stream.each(images, read, encode), len(images), "segmenting the test images")


def _pack(path: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Write a gzipped tar file without times, owners and its own name."""
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for name, data in files:
            entry = tarfile.TarInfo(name)  # Its time and owners are 0.
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))


def _unpacked(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file, one after the other."""
    try:
        with tarfile.open(path, "r|gz") as archive:
            for entry in archive:
                if entry.isdir():
                    continue
                content = archive.extractfile(entry) if entry.isreg() else None
                if content is None or entry.size > _MOST_BYTES:
                    problem = "it is no file, or too large for labels"
                    raise DataError(f"{path}: {entry.name}", problem, _AGAIN)
                yield entry.name, content.read()
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise DataError(path, f"this is no gzipped tar file ({error})", _AGAIN) from error


def _check_labels(path: str, data: bytes, size: tuple[int, int]) -> None:
    image = load_image(data, path)
    if image.format != "PNG" or image.mode != "P" or image.palette is None:
        raise DataError(path, "it is no PNG with a palette", _AGAIN)
    if image.size != size[::-1]:
        got, wanted = (f"{width}x{height}" for width, height in (image.size, size[::-1]))
        raise DataError(path, f"it is {got}, its image {wanted}", _AGAIN)
    highest = int(np.array(image).max())
    if highest > len(VOC_CLASSES):
        raise DataError(path, f"it holds {highest}, which is no index of VOC", _AGAIN)

"""Trained networks as ONNX, or as a program of torch.export."""

import json
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.export import Dim, ExportedProgram

from mcnn.errors import DataError
from mcnn.export.extra import import_extra
from mcnn.export.image_to_labels import ImageToLabels
from mcnn.files import atomic
from mcnn.label_space import BACKGROUND
from mcnn.networks.scores import predict_probabilities
from mcnn.networks.weights import load_network

SUFFIXES = (".onnx", ".pt2")
NAMES = "names"
"""Key of the metadata: names of the labels 0, 1, ... as a JSON list."""
TOLERANCE = 1e-4
"""Most that a probability of the exported model may differ from the network's."""
_TRACED = (2, 75, 98, 3)
_CHECKED = (1, 120, 90, 3), (1, 65, 81, 3)
"""Sizes of images: other padding than that of the export, and none."""

Run = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


def export_model(model: Path, out: Path) -> float:
    """Write a trained network in a form that needs no mcnn, and check it.

    It takes ``images``, ``(N, H, W, 3)`` uint8 RGB of any size, and gives ``labels``, ``(N, H, W)``
    uint8, and ``probabilities``, ``(N, n_labels, H, W)`` float32; normalisation, padding and
    interpolation are inside. The names of the labels are in the metadata under `NAMES`.

    Parameters
    ----------
    model
        model.safetensors of a training.
    out
        ``.onnx``, or ``.pt2`` for `torch.export.load`, to be run without its guards
        (``.module(check_guards=False)``): they hold the export to one kind of padding.

    Returns
    -------
    The largest difference from the network's probabilities, for noise of other sizes than that of
    the export.

    Raises
    ------
    DataError
        If the model is missing or damaged, the suffix is another one, the extra `export` is not
        installed, or the probabilities differ by more than `TOLERANCE`; no file is written then.
    """
    if out.suffix not in SUFFIXES:
        raise DataError(out, "it is no format of models", f"end it in {' or '.join(SUFFIXES)}")
    network, classes = load_network(model)
    names = json.dumps([BACKGROUND, *classes])
    module = ImageToLabels(network)
    rng = np.random.default_rng(0)
    traced, *checked = (rng.integers(0, 256, size, np.uint8) for size in (_TRACED, *_CHECKED))
    # AUTO: torch cannot prove that sizes fit whatever they are; the check shows that they do.
    sizes = ({0: Dim.AUTO, 1: Dim.AUTO, 2: Dim.AUTO},)
    with torch.no_grad(), _quietly():
        program = torch.export.export(module, (torch.from_numpy(traced),), dynamic_shapes=sizes)
    with atomic(out) as partial, _quietly():
        run = (_write_onnx if out.suffix == ".onnx" else _write_program)(program, partial, names)
        differences = (run(images) - predict_probabilities(network, images) for images in checked)
        difference = max(float(np.abs(each).max()) for each in differences)
        if not difference <= TOLERANCE:
            problem = f"its probabilities differ by {difference:.1e} from those of the network"
            raise DataError(out, problem, "report it, with the architecture of the model")
    return difference


@contextmanager
def _quietly() -> Iterator[None]:
    """Without torch's warning to itself."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`isinstance\\(treespec, LeafSpec\\)`", FutureWarning)
        yield


def _write_onnx(program: ExportedProgram, path: Path, names: str) -> Run:
    for name in ("onnx", "onnxscript"):
        import_extra(name)
    runtime = import_extra("onnxruntime")
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    exported: Any = torch.onnx.export(
        program,
        input_names=["images"],
        output_names=["labels", "probabilities"],
        dynamic_shapes=({0: "n", 1: "height", 2: "width"},),
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    exported.model.metadata_props[NAMES] = names
    exported.save(path, external_data=False)
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def run(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        (found,) = session.run(["probabilities"], {"images": images})
        return np.asarray(found)

    return run


def _write_program(program: ExportedProgram, path: Path, names: str) -> Run:
    # torch.export.save wants the suffix .pt2, which a partial file has not.
    with path.open("wb") as file:
        torch.export.save(program, file, extra_files={NAMES: names})
    with path.open("rb") as written:
        loaded = torch.export.load(written).module(check_guards=False)

    def run(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        with torch.no_grad():
            _, found = loaded(torch.from_numpy(images))
        return np.asarray(found)

    return run

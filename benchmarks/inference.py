"""Images a second of prediction and evaluation beside the plain ways to use a network.

All read the same image files in their own size; all but the evaluation, which reads masks and
counts pixels instead, write palette PNGs of labels:

predict      `mcnn predict`'s function
evaluate     the evaluation of the workflow, on masks of background
one by one   a loop over `SegmentationModel.predict`
torch        the loop that anyone would write in torch, with torch's own threads
onnxruntime  the model of `mcnn export-model`, with the runtime's own threads; on a CPU alone

Prints a JSON line for each: medians of rounds that take turns, how many times as fast as `torch` it
is, and the share of pixels whose labels are those of `torch`. Where others use the cores too, take
one thread and compare CPU times: threads that wait for each other count as busy. Without a model
one is made of random weights.

    python benchmarks/inference.py IMAGES [--model MODEL] [--device cuda] [--images 40]
        [--threads 2] [--rounds 3]
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as Pillow
from torch.nn import functional

from mcnn.artefacts.images import Image, write_images
from mcnn.config.network import Network
from mcnn.datasets.files import list_images
from mcnn.evaluation.evaluate import evaluate
from mcnn.export.extra import import_extra
from mcnn.export.model import export_model
from mcnn.files import read_bytes
from mcnn.imaging.decode import decode_image, image_size
from mcnn.imaging.palette import encode_labels
from mcnn.label_space import VOC_CLASSES
from mcnn.networks.build import build_network
from mcnn.networks.weights import save_network
from mcnn.prediction.model import load
from mcnn.prediction.to_folder import predict_to_folder

Labels = NDArray[np.uint8]
Way = Callable[[list[Path], Path], None]
REFERENCE = "torch"


def made_up_model(architecture: str, width: float, path: Path) -> Path:
    """A model of VOC's classes whose weights are random."""
    torch.manual_seed(0)
    settings = Network(architecture=architecture, width=width, weights="none")
    network = build_network(settings, 1 + len(VOC_CLASSES))
    save_network(network, path, VOC_CLASSES, settings)
    return path


def of_each(labels_of: Callable[[Path], Labels], paths: list[Path], out: Path) -> None:
    """Write the labels of one image after the other."""
    out.mkdir()
    for path in paths:
        (out / f"{path.stem}.png").write_bytes(encode_labels(labels_of(path)))


def ways(model: Path, folder: Path, device: str, threads: int) -> dict[str, Way]:
    """What is compared, by name."""
    loaded = load(model, device)
    network, stride = loaded.network, loaded.network.output_stride

    def plain(path: Path) -> Labels:
        image = torch.from_numpy(np.array(Pillow.open(path).convert("RGB")))
        inputs = image.to(device).permute(2, 0, 1).float()[None] / 255
        inputs = (inputs - network.mean.view(3, 1, 1)) / network.std.view(3, 1, 1)
        height, width = inputs.shape[2:]
        below, right = -(height - 1) % stride, -(width - 1) % stride
        with torch.no_grad():
            scores = network(functional.pad(inputs, (0, right, 0, below)))
            scores = functional.interpolate(
                scores, size=(height + below, width + right), mode="bilinear", align_corners=True
            )
            labels: Labels = scores[0, :, :height, :width].argmax(0).to(torch.uint8).cpu().numpy()
        return labels

    def one(path: Path) -> Labels:
        return loaded.predict(decode_image(read_bytes(path), path), longer_side=None)

    def predict(paths: list[Path], out: Path) -> None:
        predict_to_folder(paths, loaded, out, longer_side=None, threads=threads)

    def evaluated(paths: list[Path], out: Path) -> None:
        evaluate(model, {"images": masked(paths, folder)}, out, device, threads)

    compared: dict[str, Way] = {
        "predict": predict,
        "evaluate": evaluated,
        "one by one": partial(of_each, one),
        REFERENCE: partial(of_each, plain),
    }
    if device == "cpu":
        compared["onnxruntime"] = partial(of_each, by_onnxruntime(model, folder, threads))
    return compared


def by_onnxruntime(model: Path, folder: Path, threads: int) -> Callable[[Path], Labels]:
    """The exported model."""
    export_model(model, folder / "model.onnx")
    onnxruntime = import_extra("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        folder / "model.onnx", options, providers=["CPUExecutionProvider"]
    )

    def labels(path: Path) -> Labels:
        images = np.array(Pillow.open(path).convert("RGB"))[None]
        return np.asarray(session.run(["labels"], {"images": images})[0])[0]

    return labels


def masked(paths: list[Path], folder: Path) -> Path:
    """images.parquet of images with masks of background; written once."""
    listed = folder / "images.parquet"
    if not listed.exists():
        images = []
        for path in paths:
            mask = folder / f"{path.stem}_mask.png"
            mask.write_bytes(encode_labels(np.zeros(image_size(path), np.uint8)))
            images.append(Image(path.stem, str(path), str(mask), ()))
        write_images(images, listed)
    return listed


def agreement(paths: list[Path], mine: Path, theirs: Path) -> float:
    """Share of pixels with equal labels."""
    equal = [
        np.asarray(Pillow.open(mine / f"{path.stem}.png"))
        == np.asarray(Pillow.open(theirs / f"{path.stem}.png"))
        for path in paths
    ]
    return float(np.concatenate([each.ravel() for each in equal]).mean())


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder of images")
    parser.add_argument("--model", type=Path, help="model.safetensors of a training")
    parser.add_argument("--architecture", default="mobilenet_v2", help="of a model that is made")
    parser.add_argument("--width", type=float, default=1.0, help="of a model that is made")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--images", type=int, default=40)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    paths = [given.folder / name for name in list_images(given.folder)[: given.images]]
    seconds: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as name:
        temporary = Path(name)
        model = given.model or made_up_model(
            given.architecture, given.width, temporary / "model.safetensors"
        )
        masked(paths, temporary)
        compared = ways(model, temporary, given.device, given.threads)
        outputs = {}
        for k in range(1 + given.rounds):
            for what, run in compared.items():
                outputs[what] = temporary / f"{what} {k}"
                torch.set_num_threads(given.threads)
                begun = np.array([time.perf_counter(), time.process_time()])
                # The first round is a few images, which load and allocate.
                run(paths if k else paths[:2], outputs[what])
                wall, cpu = [time.perf_counter(), time.process_time()] - begun
                if k:
                    seconds.setdefault(what, []).append((wall, cpu))
        medians = {
            what: [statistics.median(each) for each in zip(*times, strict=True)]
            for what, times in seconds.items()
        }
        for what, (median, cpu) in medians.items():
            same = None
            if what != "evaluate":
                same = round(agreement(paths, outputs[what], outputs[REFERENCE]), 6)
            row = {
                "benchmark": "inference",
                "what": what,
                "images": len(paths),
                "device": given.device,
                "threads": given.threads,
                "images/s": round(len(paths) / median, 2),
                "times torch": round(medians[REFERENCE][0] / median, 2),
                "cpu ms an image": round(1000 * cpu / len(paths), 1),
                "same labels": same,
            }
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()

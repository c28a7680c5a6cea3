"""One training from its input files to its output files."""

import hashlib
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import torch

from mcnn import __version__
from mcnn.artefacts.images import Image, read_images
from mcnn.artefacts.run import Run, RunSettings, write_history, write_run
from mcnn.artefacts.samples import SampleFile
from mcnn.artefacts.selected import read_selected
from mcnn.config.record import StageRecord
from mcnn.errors import ConfigError, DataError
from mcnn.files import sha256
from mcnn.networks.base import SegmentationNetwork, pick_device
from mcnn.networks.build import build_network
from mcnn.networks.levels import LevelNetwork
from mcnn.networks.pretrained import load_pretrained
from mcnn.networks.weights import load_matching, save_network
from mcnn.training.batches import MiniBatches
from mcnn.training.calibrate import calibrate
from mcnn.training.checkpoint import Checkpoint
from mcnn.training.deterministic import deterministic
from mcnn.training.frozen import MOST_MB, frozen_features
from mcnn.training.loop import train
from mcnn.training.supervision import FULL

LIBRARIES = (
    "torch",
    "numpy",
    "numba",
    "opencv-contrib-python-headless",
    "PyMaxflow",
    "timm",
)
"""Those whose versions shape the weights: tensors, mixtures and cuts, resized frames."""


@dataclass(frozen=True)
class StageInputs:
    """Input files of a training.

    Attributes
    ----------
    samples
        Parquet file of the dataset's samples; None trains on images alone.
    selected
        CSV of the selected shots; None trains on all samples.
    images
        Parquet file of tagged images, or None.
    start
        Model of the previous stage, or None.
    pretrained
        File of pretrained weights where there is no previous stage; None starts at random.
    """

    samples: Path | None = None
    selected: Path | None = None
    images: Path | None = None
    start: Path | None = None
    pretrained: Path | None = None


def train_stage(
    inputs: StageInputs,
    output: Path,
    record: StageRecord,
    seed: int,
    device: str,
    threads: int,
    code: str,
    checkpoint_every: int,
    checkpoint_minutes: float,
    features_mb: int = MOST_MB,
) -> None:
    """Train one stage of an experiment and write model.safetensors, history.csv and run.json.

    Parameters
    ----------
    inputs
        Files to read.
    output
        Folder to write. The checkpoint lies there, too, and stays: a workflow that is killed before
        it has recorded the outputs removes them, and asks for the training again.
    record
        Settings of the stage.
    seed
        Of the order of the shots, crops, mirrors, dropout and initial weights.
    device
        auto, cpu, cuda or mps.
    threads
        Cores to use.
    code
        Fingerprint of the code that the training runs.
    checkpoint_every, checkpoint_minutes
        Iterations and minutes between two checkpoints; the weights do not depend on them.
    features_mb
        Memory for the features of whole frames, in MiB, with `backbone_input: frames`; the weights
        do not depend on it.

    Raises
    ------
    DataError
        If there is nothing to train on, or the initial weights are missing.
    ConfigError
        If the labels' stride does not divide the network's output stride.
    Stopped
        If a signal asked for the end; the next call goes on from the checkpoint.
    """
    began = time.monotonic()
    torch.set_num_threads(threads)
    target = pick_device(device)
    samples = SampleFile(inputs.samples) if inputs.samples else None
    chosen = [] if samples is None else _chosen(samples, inputs.selected)
    images = read_images(inputs.images) if inputs.images else []
    network = _initial_network(inputs, record, seed)
    if network.output_stride % record.labels.stride:
        raise ConfigError(
            f"labels.stride: got {record.labels.stride}, expected a divisor of the network's "
            f"output stride {network.output_stride}"
        )
    batches = MiniBatches(
        samples,
        chosen,
        images,
        record.classes,
        record.optimizer,
        record.network.statistics()[0],
        seed,
        annotated=record.labels.image_predictor == FULL,
    )
    run = Run(
        code=code,
        settings=RunSettings.model_validate(record.model_dump(mode="json", by_alias=True)),
        seed=seed,
        device=target.type,
        threads=threads,
        samples_sha256=None if samples is None else samples.content_sha256,
        shots=_names_of_shots(samples, chosen),
        images=tuple(image.name for image in images),
        images_sha256=_digest(images) if images else None,
        start_sha256=_sha256(inputs.start or inputs.pretrained),
        versions={
            "python": platform.python_version(),
            "mcnn": __version__,
            **{name: version(name) for name in LIBRARIES},
        },
    )
    output.mkdir(parents=True, exist_ok=True)
    checkpoint = Checkpoint(
        output / "checkpoint.pt", run.mark(), checkpoint_every, checkpoint_minutes
    )
    with deterministic(target, record.optimizer.deterministic):
        frozen = frozen_features(network.to(target), record.optimizer, features_mb)
        if isinstance(network, LevelNetwork) and inputs.start is None:
            calibrate(network, batches, target, threads, frozen)
        history = train(network, batches, record, target, checkpoint, threads, frozen)
    save_network(network, output / "model.safetensors", record.classes, record.network)
    write_history(history, output / "history.csv")
    came_of_it = {
        "n_samples": dict(zip(record.classes, batches.n_samples(), strict=True)),
        "seconds": round(time.monotonic() - began, 1),
    }
    write_run(run.model_copy(update=came_of_it), output / "run.json")


def _chosen(samples: SampleFile, selected: Path | None) -> list[int]:
    chosen = list(range(len(samples)))
    if selected is not None:
        wanted = read_selected(selected)
        chosen = [i for i, (video, shot, _) in enumerate(samples.shots) if (video, shot) in wanted]
    if not chosen:
        raise DataError(
            selected or samples.path,
            "there is no shot to train on",
            "see the reasons in shots/*/pruned.csv and selected.csv, and relax `shots` or "
            "`selection`",
        )
    return chosen


def _initial_network(inputs: StageInputs, record: StageRecord, seed: int) -> SegmentationNetwork:
    torch.manual_seed(seed)
    network = build_network(record.network, 1 + len(record.classes))
    if inputs.start is not None:
        load_matching(network, record.classes, inputs.start)
    elif inputs.pretrained is not None:
        load_pretrained(network, inputs.pretrained)
    elif record.network.weights != "none":
        raise DataError(
            record.network.weights,
            "the pretrained weights were not given to the training",
            "run the rule that fetches them, or set network.weights to none to start at random",
        )
    return network


def _names_of_shots(samples: SampleFile | None, chosen: Sequence[int]) -> tuple[str, ...]:
    if samples is None:
        return ()
    shots = [samples.shots[i] for i in chosen]
    return tuple(f"{video}/{shot}" for video, shot, _ in shots)


def _digest(images: Sequence[Image]) -> str:
    """Digest of all that the labels of tagged images depend on: tags, paths, pixels, masks."""
    digest = hashlib.sha256()
    for image in images:
        contents = _sha256(image.path), _sha256(image.mask)
        digest.update(f"{image!r} {contents}\n".encode())
    return digest.hexdigest()


def _sha256(path: Path | str | None) -> str | None:
    return sha256(Path(path)) if path else None

"""One training from its input files to its output files."""

import json
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from mcnn.config.record import StageRecord
from mcnn.datasets.images import Image, read_images
from mcnn.errors import ConfigError, DataError
from mcnn.files import sha256, write_csv, write_text
from mcnn.networks.build import SegmentationNetwork, build_network
from mcnn.networks.device import pick_device
from mcnn.networks.pretrained import load_pretrained
from mcnn.networks.weights import load_matching, save_network
from mcnn.shots.sample import SampleFile
from mcnn.training.batches import MiniBatches
from mcnn.training.checkpoint import fingerprint
from mcnn.training.loop import train
from mcnn.training.supervision import FULL

CHECKPOINT = "checkpoint.pt"


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
) -> None:
    """Train one stage of an experiment and write model.safetensors, history.csv and run.json.

    Parameters
    ----------
    inputs
        Files to read.
    output
        Folder to write; a checkpoint lies there while the training is not finished.
    record
        Settings of the stage.
    seed
        Of the order of the shots, crops, mirrors, dropout and initial weights.
    device
        auto, cpu, cuda or mps.
    threads
        Threads of torch.
    code
        Fingerprint of the code that the training runs.

    Raises
    ------
    DataError
        If there is nothing to train on, or the initial weights are missing.
    ConfigError
        If the labels' stride does not divide the network's output stride.
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
    if network.normalises_frames:
        network.window = record.optimizer.crop_size
    batches = MiniBatches(
        samples,
        chosen,
        images,
        record.classes,
        record.optimizer,
        record.network.mean,
        seed,
        annotated=record.labels.image_predictor == FULL,
    )
    output.mkdir(parents=True, exist_ok=True)
    facts = _facts(samples, chosen, images, inputs, record, seed, target, threads, code)
    history = train(network, batches, record, target, output / CHECKPOINT, fingerprint(facts))
    save_network(network, output / "model.safetensors", record.classes, record.network)
    write_csv(output / "history.csv", pd.DataFrame([vars(row) for row in history]))
    facts["n_samples"] = dict(zip(record.classes, batches.n_samples(), strict=True))
    facts["seconds"] = round(time.monotonic() - began, 1)
    write_text(output / "run.json", json.dumps(facts, indent=2))
    (output / CHECKPOINT).unlink(missing_ok=True)


def _chosen(samples: SampleFile, selected: Path | None) -> list[int]:
    chosen = list(range(len(samples)))
    if selected is not None:
        table = pd.read_csv(selected)
        rows = table[table["selected"]]
        wanted = set(zip(rows["video"], rows["shot"], strict=True))
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


def _facts(
    samples: SampleFile | None,
    chosen: Sequence[int],
    images: Sequence[Image],
    inputs: StageInputs,
    record: StageRecord,
    seed: int,
    device: torch.device,
    threads: int,
    code: str,
) -> dict[str, Any]:
    """What determines the weights, written to run.json and hashed into the fingerprint."""
    start = inputs.start or inputs.pretrained
    shots = [] if samples is None else [samples.shots[i] for i in chosen]
    return {
        "code": code,
        "settings": record.model_dump(mode="json", by_alias=True),
        "seed": seed,
        "device": device.type,
        "threads": threads,
        "samples_sha256": None if samples is None else samples.content_sha256,
        "shots": [f"{video}/{shot}" for video, shot, _ in shots],
        "images": [image.name for image in images],
        "start_sha256": sha256(start) if start else None,
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("mcnn", "torch", "numpy", "PyMaxflow")},
        },
    }

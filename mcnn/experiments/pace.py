"""What an update of a training and a localization take here, measured on made-up frames."""

import math
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as Pillow

from mcnn.artefacts.images import Image
from mcnn.artefacts.samples import SampleFile, writing_samples
from mcnn.colocalization.shot import localize_shot
from mcnn.config.record import StageRecord
from mcnn.config.settings import Settings
from mcnn.imaging.masks import Mask, encode_mask
from mcnn.networks.base import pick_device
from mcnn.networks.build import build_network
from mcnn.networks.scores import predict_probabilities
from mcnn.training.batches import LABELS, MiniBatches
from mcnn.training.loop import train
from mcnn.training.supervision import FULL

WARM_UP, TIMED = 1, 2
"""Updates before the clock starts, which compile and allocate, and those that are timed."""
LOCALIZED = 8
"""Frames whose localization is timed, after as many as `WARM_UP`."""


class TimedBatches(MiniBatches):
    """Mini-batches that note when each of them was needed, however early it was read.

    Attributes
    ----------
    needed
        Seconds on a clock, one for each.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.needed: list[float] = []

    def rng(self, stream: int, number: int) -> np.random.Generator:
        """Note the time, if it is for the labels; see `MiniBatches`."""
        if stream == LABELS:
            self.needed.append(time.perf_counter())
        return super().rng(stream, number)


def seconds_per_update(
    record: StageRecord, frames_per_sample: int, device: str, threads: int
) -> float:
    """Time a few updates with the settings of a training, from random weights.

    Parameters
    ----------
    record
        The training's settings.
    frames_per_sample
        Frames of a shot.
    device, threads
        As for the training.
    """
    network = build_network(record.network, 1 + len(record.classes))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # A frame and its mirror image take the same time.
        optimizer = record.optimizer.model_copy(update={"mirror": False})
        record = record.model_copy(update={"optimizer": optimizer})
        batches = made_up_batches(record, frames_per_sample, folder)
        warm_up = _warm_up(record, len(batches))
        updates = {"iterations": warm_up + TIMED, "warmup": 0}
        record = record.model_copy(update={"stage": record.stage.model_copy(update=updates)})
        train(network, batches, record, pick_device(device), checkpoint=None, threads=threads)
    first = batches.needed[warm_up * record.optimizer.iter_size]
    return (time.perf_counter() - first) / TIMED


def _warm_up(record: StageRecord, n_batches: int) -> int:
    """Updates before the clock starts; frames that are looked at once have been seen by then."""
    if record.optimizer.backbone_input == "crops":
        return WARM_UP
    return max(WARM_UP, math.ceil(n_batches / record.optimizer.iter_size))


def seconds_per_frame(record: StageRecord, settings: Settings) -> float:
    """Time the localization of a few frames by a network with random weights, superpixels included.

    Parameters
    ----------
    record
        Of the training whose network it is.
    settings
        The configuration, which says how and where it localizes.
    """
    colocalization = settings.colocalization
    device = pick_device(settings.device)
    network = build_network(record.network, 1 + len(record.classes)).to(device).eval()
    width = colocalization.longer_side
    frames = [_picture(width, 0, t)[0][: 3 * width // 4] for t in range(WARM_UP + LOCALIZED)]
    before = torch.get_num_threads()
    torch.set_num_threads(settings.threads)
    try:
        for part in (frames[:WARM_UP], frames[WARM_UP:]):
            began = time.perf_counter()
            for _ in localize_shot(
                part,
                range(len(part)),
                {record.classes[0]: 1},
                partial(predict_probabilities, network),
                colocalization,
                threads=settings.threads,
                on_cpu=device.type == "cpu",
            ):
                pass
    finally:
        torch.set_num_threads(before)
    return (time.perf_counter() - began) / LOCALIZED


def made_up_batches(record: StageRecord, frames_per_sample: int, folder: Path) -> TimedBatches:
    """Mini-batches of a training's settings: a shot of each class, or images, of made-up frames.

    Parameters
    ----------
    record
        The training's settings.
    frames_per_sample
        Frames of a shot.
    folder
        Where the samples and images are written.
    """
    samples = None
    if record.dataset is not None:
        samples = _samples(folder / "samples.parquet", record, frames_per_sample)
    images = _images(folder, record) if record.images is not None else []
    return TimedBatches(
        samples,
        range(len(samples) if samples else 0),
        images,
        record.classes,
        record.optimizer,
        record.network.statistics()[0],
        seed=0,
        annotated=record.labels.image_predictor == FULL,
    )


def _samples(path: Path, record: StageRecord, frames_per_sample: int) -> SampleFile:
    """A shot of each class."""
    side, times = record.optimizer.crop_size, range(frames_per_sample)
    with writing_samples(path) as writer:
        for k, name in enumerate(record.classes):
            pictures = [_picture(side, k, t) for t in times]
            images = [_jpeg(image, path.with_suffix(".jpg")) for image, _ in pictures]
            masks = [encode_mask(mask) for _, mask in pictures]
            writer.write(name, 0, [name], times, images, masks)
    return SampleFile(path)


def _images(folder: Path, record: StageRecord) -> Sequence[Image]:
    """Images of one mini-batch."""
    images = []
    for k in range(record.optimizer.images_per_batch):
        tag = record.classes[k % len(record.classes)]
        image, mask = _picture(record.optimizer.crop_size, k, 0)
        _jpeg(image, folder / f"{k}.jpg")
        Pillow.fromarray(255 * mask.astype(np.uint8)).save(folder / f"{k}.png")
        paths = str(folder / f"{k}.jpg"), str(folder / f"{k}.png")
        images.append(Image(str(k), *paths, (tag,), "binary"))
    return images


def _picture(side: int, seed: int, t: int) -> tuple[NDArray[np.uint8], Mask]:
    """A textured disc that moves before a texture of other colours."""
    rng = np.random.default_rng([seed, t])
    y, x = np.mgrid[:side, :side] / side
    disc = (y - 0.5) ** 2 + (x - 0.4 - 0.02 * t) ** 2 < 0.06
    waves = 40 * np.sin(20 * x + seed) + 30 * np.cos(17 * y * (1 + disc)) + 15 * y
    grey = 110 + 50 * disc + waves + rng.normal(0, 12, (side, side))
    shades = np.stack([grey, 0.8 * grey + 20 * disc, 0.9 * grey - 30 * disc], axis=2)
    return shades.clip(0, 255).astype(np.uint8), disc


def _jpeg(image: NDArray[np.uint8], path: Path) -> bytes:
    Pillow.fromarray(image).save(path, quality=90)
    return path.read_bytes()

"""Latent labels of a shot of each class as the trainings of a chain go on (paper, figure 3)."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from PIL import Image as Pillow

from mcnn.artefacts.pictures import LATENT, write_pictures
from mcnn.artefacts.samples import Sample, SampleFile
from mcnn.config.record import StageRecord
from mcnn.imaging.drawing import Frame, paint_labels, spread, tint
from mcnn.imaging.resize import reduce_frame
from mcnn.label_space import index_of
from mcnn.labels.arrays import LabelMaps, PredictorInput
from mcnn.labels.predictors import build_predictor
from mcnn.networks.base import SegmentationNetwork, pick_device
from mcnn.networks.scores import predict_probabilities
from mcnn.networks.stream import Stream
from mcnn.networks.weights import load_network
from mcnn.progress import track

FRAMES = 2
"""Frames of a shot that are drawn."""
WIDTH = 240
"""Most pixels of the longer side of a picture."""
FRAME, MASK, ALONE = "frame", "motion mask", "without a network"
"""Columns before those of the trainings."""


class Trained(NamedTuple):
    """A training of the chain: its name, its settings, and its model.safetensors."""

    name: str
    record: StageRecord
    model: Path


def draw_latent_labels(
    samples: Path, trainings: Sequence[Trained], output: Path, device: str, threads: int
) -> None:
    """Draw frames, motion masks, and the labels inferred without a network and by each training.

    Parameters
    ----------
    samples
        Samples of the dataset.
    trainings
        The chain in the order of training, of trainings that infer labels as minima of the energy.
        They are inferred with each one's settings and final model, and with those of the first
        without a network.
    output
        Folder of the pictures, `<class>_<row>_<column>.jpg`, and of their table. A class without a
        shot of its own has none.
    device
        auto, cpu, cuda or mps.
    threads
        Threads of torch and of the label estimation.

    Raises
    ------
    DataError
        If a file is missing or broken.
    """
    torch.set_num_threads(threads)
    target = pick_device(device)
    networks = [load_network(each.model)[0].to(target).eval() for each in trainings]
    file = SampleFile(samples)
    classes = trainings[0].record.classes
    rows = []
    output.mkdir(parents=True, exist_ok=True)
    for name in track(classes, len(classes), "drawing latent labels"):
        mine = [i for i, (_, _, tags) in enumerate(file.shots) if tags == (name,)]
        for index in spread(1, len(mine)):
            sample = file.read(mine[index])
            columns = _columns(sample, trainings, networks, threads)
            for row, t in enumerate(spread(FRAMES, len(sample.images))):
                for k, (column, views) in enumerate(columns):
                    picture = reduce_frame(views[t], WIDTH)
                    saved = f"{name}_{row}_{k}.jpg"
                    Pillow.fromarray(picture).save(output / saved, quality=85)
                    rows.append((saved, name, sample.video, sample.shot, row, column))
    write_pictures(pd.DataFrame(rows, columns=list(LATENT)), output, LATENT)


def infer_labels(
    sample: Sample, record: StageRecord, network: SegmentationNetwork | None, threads: int
) -> LabelMaps:
    """Latent labels of the whole frames of a shot, as a training infers those of crops.

    Parameters
    ----------
    sample
        The shot.
    record
        Settings of the training.
    network
        Its network; None: without one, alpha does not matter.
    threads
        Frames that are worked on at the same time.

    Returns
    -------
    ``(T, H, W)`` uint8; one of the sample's tags, 0, or 255 where the masks are unknown.
    """
    labels, stride = record.labels, record.labels.stride
    grid = np.s_[:, ::stride, ::stride]
    masks = sample.masks[grid]
    if network is None:
        size = (len(masks), 1 + len(record.classes), *masks.shape[1:])
        probabilities = np.full(size, 1 / size[1], np.float32)
    else:
        probabilities = _probabilities(network, sample.images, stride, threads)
    alpha = 0.0 if network is None else record.stage.alpha
    predictor = build_predictor(labels.predictor, labels, alpha, threads)
    tags = sorted(index_of(record.classes)[tag] for tag in sample.tags)
    given = PredictorInput(
        sample.images[grid],
        masks,
        ~sample.unknown[grid],
        probabilities,
        tags,
        np.random.default_rng(0),
    )
    fine = predictor(given).repeat(stride, axis=1).repeat(stride, axis=2)
    return fine[:, : sample.maps.shape[1], : sample.maps.shape[2]].astype(np.uint8)


def _probabilities(
    network: SegmentationNetwork, images: NDArray[np.uint8], stride: int, threads: int
) -> NDArray[np.float32]:
    """Softmax ``(T, L, h, w)`` of frames, of the rows and columns 0, stride, 2 stride, ...."""

    def look(frames: NDArray[np.uint8], _: Sequence[None]) -> Iterator[NDArray[np.float32]]:
        for found in predict_probabilities(network, frames):
            yield found[:, ::stride, ::stride].copy()

    with Stream(network.mean.device, threads) as stream:
        return np.stack([*stream.each(images, lambda image: (image, None), look)])


def _columns(
    sample: Sample,
    trainings: Sequence[Trained],
    networks: Sequence[SegmentationNetwork],
    threads: int,
) -> list[tuple[str, list[Frame]]]:
    """Each column's name and its view of every frame."""
    images = sample.images
    columns: list[tuple[str, list[Frame]]] = [
        (FRAME, list(images)),
        (MASK, [tint(image, mask) for image, mask in zip(images, sample.masks, strict=True)]),
    ]
    found = [
        (ALONE, infer_labels(sample, trainings[0].record, None, threads)),
        *(
            (each.name, infer_labels(sample, each.record, network, threads))
            for each, network in zip(trainings, networks, strict=True)
        ),
    ]
    for column, labels in found:
        painted = [paint_labels(*pair) for pair in zip(images, labels, strict=True)]
        columns.append((column, painted))
    return columns

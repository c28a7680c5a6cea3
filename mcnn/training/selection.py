"""Overlap of a trained network's predictions with the motion masks, for fine-tuning."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from mcnn.artefacts.samples import Sample, SampleFile
from mcnn.artefacts.selected import write_selected
from mcnn.config.selection import Selection
from mcnn.errors import DataError
from mcnn.label_space import IGNORE, index_of
from mcnn.networks.base import SegmentationNetwork, pick_device
from mcnn.networks.scores import predict_label_maps
from mcnn.networks.stream import Stream
from mcnn.networks.weights import load_network
from mcnn.progress import track
from mcnn.shots.select import mean_overlap, select_shots


def select(
    samples: Path, model: Path, output: Path, settings: Selection, device: str, threads: int
) -> None:
    """Write the table of selected shots (paper, section 3.4).

    Parameters
    ----------
    samples
        Samples of the dataset.
    model
        The initial model.
    output
        CSV to write: video, shot, overlap, selected, reason.
    settings
        The section `selection`.
    device
        auto, cpu, cuda or mps.
    threads
        Frames that are worked on at the same time, on an accelerator batches of them.

    Raises
    ------
    DataError
        If no shot reaches `min_iou`.
    """
    torch.set_num_threads(threads)
    network, classes = load_network(model)
    target = pick_device(device)
    network.to(target).eval()
    file = SampleFile(samples)
    with Stream(target, threads) as stream:
        shots = track(file, len(file), "comparing predictions with motion masks")
        rows = list(_overlaps(stream, network, shots, index_of(classes)))
    overlaps = pd.DataFrame(rows, columns=["video", "shot", "overlap"])
    table = select_shots(overlaps, settings.min_iou)
    if not table["selected"].any():
        raise DataError(
            model,
            f"no shot of {samples} overlaps by {settings.min_iou} with this model's prediction "
            f"(highest {table['overlap'].max():.3f})",
            "train the initial stage longer, or lower selection.min_iou",
        )
    write_selected(table, output)


def _overlaps(
    stream: Stream,
    network: SegmentationNetwork,
    samples: Iterable[Sample],
    labels: Mapping[str, int],
) -> Iterator[tuple[str, int, float]]:
    """Video, shot and mean overlap of each shot."""

    def read(place: tuple[Sample, int]) -> tuple[NDArray[np.uint8], Sample]:
        sample, frame = place
        return sample.images[frame], sample

    def look(
        images: NDArray[np.uint8], given: Sequence[Sample]
    ) -> Iterator[tuple[Sample, NDArray[np.uint8]]]:
        return zip(given, predict_label_maps(network, images), strict=True)

    places = ((sample, frame) for sample in samples for frame in range(len(sample.images)))
    seen = stream.each(places, read, look)
    for (video, shot), frames in groupby(seen, lambda each: (each[0].video, each[0].shot)):
        (sample, *_), maps = zip(*frames, strict=True)
        predictions = np.stack(maps)
        predictions[sample.unknown] = IGNORE
        tags = [labels[tag] for tag in sample.tags]
        yield video, shot, mean_overlap(sample.masks, predictions, tags)

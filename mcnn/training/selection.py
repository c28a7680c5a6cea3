"""Overlap of a trained network's predictions with the motion masks, for fine-tuning."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from mcnn.artefacts.samples import SampleFile
from mcnn.artefacts.selected import write_selected
from mcnn.config.selection import Selection
from mcnn.errors import DataError
from mcnn.label_space import IGNORE, index_of
from mcnn.networks.base import pick_device
from mcnn.networks.scores import predict_labels
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
    device, threads
        As in `mcnn.training.stage.train_stage`.

    Raises
    ------
    DataError
        If no shot reaches `min_iou`.
    """
    torch.set_num_threads(threads)
    network, classes = load_network(model)
    network.to(pick_device(device)).eval()
    labels = index_of(classes)
    rows = []
    file = SampleFile(samples)
    for sample in track(file, len(file), "comparing predictions with motion masks"):
        predictions = np.stack([predict_labels(network, image) for image in sample.images])
        predictions[sample.unknown] = IGNORE
        tags = [labels[tag] for tag in sample.tags]
        overlap = mean_overlap(sample.masks, predictions, tags)
        rows.append((sample.video, sample.shot, overlap))
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

"""The latent labels of all shots that a training was trained on, to correct or to use elsewhere."""

from pathlib import Path

import cv2
import numpy as np
import torch

from mcnn.artefacts.label_maps import write_names
from mcnn.artefacts.samples import SampleFile
from mcnn.artefacts.shots import read_shots
from mcnn.datasets.frames import FrameReader, frame_path
from mcnn.datasets.mask_files import png_paths
from mcnn.evaluation.latent_labels import Trained, infer_labels
from mcnn.imaging.decode import decode_image
from mcnn.imaging.palette import encode_labels
from mcnn.label_space import BACKGROUND, IGNORE
from mcnn.prediction.model import load
from mcnn.progress import track


def export_latent_labels(
    samples: Path,
    shots: Path,
    training: Trained,
    root: Path,
    output: Path,
    device: str,
    threads: int,
) -> None:
    """Write the sampled frames of all shots, and the labels that a trained network infers in them.

    Parameters
    ----------
    samples, shots
        Samples and manifest of the dataset.
    training
        The training, of labels by shots; its final model is the network.
    root
        The dataset's root.
    output
        Folder to write to: frames as they are in the dataset in ``images/``, labels of their size,
        with VOC's palette, in ``labels/``, with names.csv. Below these both are where the layout
        ``png`` of motion masks has the masks of the frames. Pixels of which the labels are
        unknown are background.
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
    network = load(training.model, device).network
    file = SampleFile(samples)
    by_name = {(shot.video, shot.shot): shot for shot in read_shots(shots)}
    images, labels = output / "images", output / "labels"
    with FrameReader() as reader:
        for index in track(range(len(file)), len(file), "inferring labels"):
            sample, frames = file.read(index), file.frames(index)
            shot = by_name[sample.video, sample.shot]
            found = infer_labels(sample, training.record, network, threads)
            places = dict(zip(shot.indices, png_paths(shot, Path(), root), strict=True))
            for frame, of_frame, image in zip(
                frames, found, reader.encoded(shot, frames), strict=True
            ):
                size = decode_image(image, shot.frames).shape[1::-1]
                known = np.where(of_frame == IGNORE, 0, of_frame)
                large = cv2.resize(known, size, interpolation=cv2.INTER_NEAREST_EXACT).astype(
                    np.uint8
                )
                suffix = ".jpg" if shot.source == "file" else frame_path(shot, frame).suffix
                for path, content in (
                    (labels / places[frame], encode_labels(large)),
                    (images / places[frame].with_suffix(suffix), image),
                ):
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(content)
    write_names(dict(enumerate([BACKGROUND, *training.record.classes])), labels)

"""Localization of the videos of a dataset with a trained network -> its artefact."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import pandas as pd
import torch

from mcnn.artefacts.localized import Localized, write_localized
from mcnn.artefacts.shots import Shot
from mcnn.artefacts.skipped import OnError, Skipped, collecting
from mcnn.artefacts.superpixels import SuperpixelFile
from mcnn.colocalization.frames import frames_to_localize
from mcnn.colocalization.shot import localize_shot
from mcnn.config.colocalization import Colocalization
from mcnn.datasets.frames import FrameReader, of_one_size
from mcnn.imaging.drawing import Frame
from mcnn.label_space import index_of
from mcnn.labels.arrays import Network
from mcnn.networks.base import pick_device
from mcnn.networks.scores import predict_probabilities
from mcnn.networks.weights import load_network
from mcnn.progress import track

log = logging.getLogger(__name__)


def localize_videos(
    shots: Sequence[Shot],
    model: Path,
    settings: Colocalization,
    output: Path,
    *,
    annotations: pd.DataFrame | None,
    seed: int,
    device: str,
    threads: int,
    on_error: OnError,
    superpixels: Path | None = None,
) -> list[Skipped]:
    """Localize the objects of the tags of each shot and write the artefact.

    Parameters
    ----------
    shots
        The shots of some videos. A tag that the network does not know is left out.
    model
        model.safetensors of a training; it names its classes.
    settings
        The section `colocalization`.
    output
        Parquet file; see `mcnn.artefacts.localized.write_localized`.
    annotations
        See `mcnn.colocalization.frames.frames_to_localize`.
    seed
        Of the colour mixtures' start.
    device
        auto, cpu, cuda or mps.
    threads
        Threads of torch, and frames that are segmented at the same time.
    on_error
        ``skip`` goes on with the next shot where a frame is missing or broken.
    superpixels
        Artefact of the superpixels of these frames; None: they are computed.

    Returns
    -------
    list of Skipped
        The shots that broke off.

    Raises
    ------
    DataError
        Under ``stop``, for the first frame at fault; no file is written.
    """
    torch.set_num_threads(threads)
    network, classes = load_network(model)
    network.to(pick_device(device))
    skipped: list[Skipped] = []
    found = localize_shots(
        frames_to_localize(shots, annotations),
        index_of(classes),
        partial(predict_probabilities, network),
        settings,
        seed=seed,
        threads=threads,
        on_error=on_error,
        skipped=skipped,
        superpixels=None if superpixels is None else SuperpixelFile(superpixels),
    )
    write_localized(found, output)
    for entry in skipped:
        log.warning("left out %s: %s", entry.item, entry.reason)
    return skipped


def localize_shots(
    shots: Sequence[tuple[Shot, Sequence[int]]],
    labels: Mapping[str, int],
    network: Network,
    settings: Colocalization,
    *,
    seed: int,
    threads: int,
    on_error: OnError,
    skipped: list[Skipped],
    superpixels: SuperpixelFile | None = None,
) -> Iterator[tuple[str, int, Localized]]:
    """Localize shot after shot.

    Parameters
    ----------
    shots
        Shots and the numbers of their frames, ascending.
    labels
        The network's label of each of its classes.
    network, settings, seed, threads
        See `mcnn.colocalization.shot.localize_shot`.
    on_error
        As for `localize_videos`.
    skipped
        Gets an entry for each shot that breaks off.
    superpixels
        Of these frames; None: they are computed.

    Yields
    ------
    video, shot, localized
    """
    total = sum(len(numbers) for _, numbers in shots)

    def images(reader: FrameReader, shot: Shot, numbers: Sequence[int]) -> Iterator[Frame]:
        for frame in of_one_size(shot, numbers, reader.read(shot, numbers)):
            next(progress)
            yield frame

    progress = iter(track(range(total + 1), total, "localizing frames"))
    with FrameReader() as reader:
        for shot, numbers in shots:
            mine = {tag: labels[tag] for tag in shot.tags if tag in labels}
            with collecting(skipped, f"{shot.video}/{shot.shot}", on_error):
                frames = images(reader, shot, numbers)
                given = None
                if superpixels is not None:
                    given = superpixels.read(shot.video, shot.shot, numbers)
                run = mine, network, settings, seed, threads, given
                for found in localize_shot(frames, numbers, *run):
                    yield shot.video, shot.shot, found

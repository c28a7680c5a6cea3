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
from mcnn.colocalization.windows import Localizer, Window, read_windows
from mcnn.config.colocalization import Colocalization
from mcnn.datasets.frames import FrameReader, of_one_size
from mcnn.errors import DataError
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
        Frames that are worked on at the same time. Results do not depend on it.
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
    target = pick_device(device)
    network.to(target)
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
        on_cpu=target.type == "cpu",
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
    on_cpu: bool = True,
) -> Iterator[tuple[str, int, Localized]]:
    """Localize shot after shot; short ones several at a time.

    Parameters
    ----------
    shots
        Shots and the numbers of their frames, ascending.
    labels
        The network's label of each of its classes.
    network, settings, seed, threads
        See `mcnn.colocalization.windows.Localizer`.
    on_error
        As for `localize_videos`.
    skipped
        Gets an entry for each shot that breaks off.
    superpixels
        Of these frames; None: they are computed.
    on_cpu
        Whether the network computes on the CPU.

    Yields
    ------
    video, shot, localized
    """
    total = sum(len(numbers) for _, numbers in shots)

    def images(reader: FrameReader, shot: Shot, numbers: Sequence[int]) -> Iterator[Frame]:
        for frame in of_one_size(shot, numbers, reader.read(shot, numbers)):
            next(progress)
            yield frame

    def windows(reader: FrameReader) -> Iterator[tuple[Shot, Window | DataError]]:
        for shot, numbers in shots:
            mine = {tag: labels[tag] for tag in shot.tags if tag in labels}
            given = None
            if superpixels is not None:
                given = superpixels.read(shot.video, shot.shot, numbers)
            frames = images(reader, shot, numbers)
            for window in read_windows(frames, numbers, mine, settings, given):
                yield shot, window

    progress = iter(track(range(total + 1), total, "localizing frames"))
    with FrameReader() as reader, Localizer(network, settings, seed, threads, on_cpu) as localizer:
        for shot, found in localizer.each(windows(reader)):
            with collecting(skipped, f"{shot.video}/{shot.shot}", on_error):
                if isinstance(found, DataError):
                    raise found
                for localized in found:
                    yield shot.video, shot.shot, localized

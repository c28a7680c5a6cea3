"""Superpixels of the frames that are localized, once for all models -> their artefact."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from mcnn.artefacts.shots import Shot
from mcnn.artefacts.skipped import OnError, Skipped, collecting
from mcnn.artefacts.superpixels import Superpixels, write_superpixels
from mcnn.colocalization.frames import frames_to_localize
from mcnn.config.colocalization import Colocalization
from mcnn.datasets.frames import FrameReader, of_one_size
from mcnn.imaging.opencv import single_threaded_opencv
from mcnn.imaging.resize import reduce_frame
from mcnn.imaging.slic import segment_superpixels
from mcnn.progress import track

log = logging.getLogger(__name__)


def divide_videos(
    shots: Sequence[Shot],
    settings: Colocalization,
    output: Path,
    *,
    annotations: pd.DataFrame | None,
    on_error: OnError,
) -> None:
    """Divide the frames that are localized into SLIC superpixels and write the artefact.

    Parameters
    ----------
    shots
        The shots of some videos.
    settings
        The section `colocalization`, of which the size of the frames and the number of the
        superpixels count.
    output
        Parquet file; see `mcnn.artefacts.superpixels.write_superpixels`.
    annotations
        See `mcnn.colocalization.frames.frames_to_localize`.
    on_error
        ``skip`` goes on with the next shot where a frame is missing or broken.

    Raises
    ------
    DataError
        Under ``stop``, for the first frame at fault; no file is written.
    """
    skipped: list[Skipped] = []
    chosen = frames_to_localize(shots, annotations)
    write_superpixels(_divided(chosen, settings, on_error, skipped), output)
    for entry in skipped:
        log.warning("left out from a frame on: %s: %s", entry.item, entry.reason)


def _divided(
    shots: Sequence[tuple[Shot, Sequence[int]]],
    settings: Colocalization,
    on_error: OnError,
    skipped: list[Skipped],
) -> Iterator[tuple[str, int, int, Superpixels]]:
    total = sum(len(numbers) for _, numbers in shots)
    progress = iter(track(range(total + 1), total, "dividing frames into superpixels"))
    with FrameReader() as reader, single_threaded_opencv():
        for shot, numbers in shots:
            with collecting(skipped, f"{shot.video}/{shot.shot}", on_error):
                frames = of_one_size(shot, numbers, reader.read(shot, numbers))
                for number, frame in zip(numbers, frames, strict=True):
                    next(progress)
                    reduced = reduce_frame(frame, settings.longer_side)
                    labels = segment_superpixels(reduced, settings.superpixels)
                    yield shot.video, shot.shot, number, labels

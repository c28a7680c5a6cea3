"""Motion segmentation of videos -> the artefact of their motion masks."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mcnn.artefacts.motion import ShotMotion, encode_shot, refuse_too_many, write_motion
from mcnn.artefacts.shots import Shot
from mcnn.artefacts.skipped import OnError, Skipped, collecting
from mcnn.config.motion import MotionSegmentation
from mcnn.datasets.frames import of_one_size, read_shots_frames
from mcnn.errors import DataError
from mcnn.motion.flow import Flow, read_flows
from mcnn.motion.segment import Frame, MotionResult, segment_shot
from mcnn.progress import track

log = logging.getLogger(__name__)


def segment_motion(
    shots: Sequence[Shot],
    settings: MotionSegmentation,
    path: str | Path,
    on_error: OnError,
    threads: int = 1,
) -> list[Skipped]:
    """Segment the shots of some videos one after the other and write their artefact.

    Parameters
    ----------
    shots
        The shots. A video file is decoded once if its own follow each other and ascend.
    settings
        The section `motion`.
    path
        The artefact, ``motion/<dataset>/<video>.parquet``; see `write_motion`.
    on_error
        ``skip`` gives a shot whose frames are missing or broken a row with the reason.
    threads
        Frames that are prepared at the same time; see `segment_shot`.

    Returns
    -------
    list of Skipped
        The shots without masks.

    Raises
    ------
    DataError
        Under ``stop``, for the first frame at fault; no file is written.
    ConfigError
        If the shots have too many frames for a file.
    """
    refuse_too_many(shots)
    skipped: list[Skipped] = []

    def segment(shot: Shot, frames: Iterator[Frame]) -> ShotMotion:
        with collecting(skipped, f"{shot.video}/{shot.shot}", on_error):
            result = _segment(shot, frames, settings, threads)
            return encode_shot(
                shot.video,
                shot.shot,
                shot.indices,
                result.masks(),
                result.reason,
                result.fallbacks,
                result.confidences,
            )
        return ShotMotion(shot.video, shot.shot, reason=skipped[-1].reason)

    write_motion((segment(*item) for item in read_shots_frames(shots)), path)
    return skipped


def segment_shots(
    shots: Iterable[Shot],
    settings: MotionSegmentation,
    threads: int = 1,
    flow: Path | None = None,
) -> Iterator[tuple[Shot, MotionResult]]:
    """Segment shot after shot; see `segment_motion`.

    Parameters
    ----------
    shots, settings, threads
        As there.
    flow
        Optical flow of the only shot, computed before; see `mcnn.motion.flow.read_flows`.

    Raises
    ------
    DataError
        For the first frame at fault, or if the flow does not fit.
    """
    for shot, frames in read_shots_frames(shots):
        flows = None if flow is None else read_flows(flow)
        try:
            yield shot, _segment(shot, frames, settings, threads, flows)
        except ValueError as error:
            if flow is None:
                raise
            raise DataError(flow, str(error), "compute the flow of these frames") from error


def _segment(
    shot: Shot,
    frames: Iterator[Frame],
    settings: MotionSegmentation,
    threads: int,
    flows: Iterator[Flow] | None = None,
) -> MotionResult:
    frames = of_one_size(shot, shot.indices, frames)
    name = f"{shot.video}/{shot.shot}"
    result = segment_shot(track(frames, shot.length, name), settings, flows, threads=threads)
    if result.fallbacks:
        log.warning(
            "%s: the labelling collapsed in %d of %d windows; there the location alone decided",
            name,
            result.fallbacks,
            result.windows,
        )
    return result

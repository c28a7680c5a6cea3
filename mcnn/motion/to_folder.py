"""Motion segmentation of one video, to files for people: masks, an overlay, a contact sheet."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pandas as pd

from mcnn.artefacts.shots import Shot
from mcnn.config.motion import MotionSegmentation
from mcnn.datasets.frames import read_shots_frames
from mcnn.datasets.mask_files import mask_name
from mcnn.datasets.video_files import frames_per_second
from mcnn.datasets.video_shots import shots_of_video
from mcnn.files import new_folder, refuse_foreign_name
from mcnn.imaging.drawing import Frame, contact_sheet, spread, tint, write_overlay_video
from mcnn.imaging.masks import Mask
from mcnn.motion.segment import MotionResult
from mcnn.motion.video import segment_shots

TILES = 16
"""Most frames on a contact sheet."""
FOLDER_FRAME_RATE = 25.0
"""Frames per second of the overlay of a folder of frames."""


class _Segmented(NamedTuple):
    shot: Shot
    result: MotionResult


def segment_to_folder(
    source: Path,
    out: Path,
    settings: MotionSegmentation,
    *,
    flow: Path | None = None,
    overlay: bool = False,
    threads: int = 1,
) -> pd.DataFrame:
    """Segment what moves in a video and write its masks to a folder.

    Parameters
    ----------
    source
        Video file or folder of frames; split into its shots first.
    out
        Folder to make, complete or not at all: a mask ``%08d.png`` per frame of a video file,
        ``<frame>.png`` per frame of a folder (0 and 255, 1 bit), which is what
        ``motion: {format: png}`` reads; and shots.csv, the table returned.
    settings
        The section `motion`.
    flow
        Optical flow computed before, if not to be computed; the video is then one shot. See
        `mcnn.motion.flow.read_flows`.
    overlay
        Also write overlay.mp4 and contact_sheet.jpg.
    threads
        See `mcnn.motion.segment.segment_shot`.

    Returns
    -------
    A row per shot: shot, first, last, foreground (mean share of the frame), confidence (mean J that
    is to be expected), reason (why there is no foreground).

    Raises
    ------
    DataError
        If the source does not decode, the flow does not fit, or `out` holds something already.
    """
    if overlay:
        refuse_foreign_name(out)  # Before the hours of the segmentation.
    with new_folder(out) as partial:
        shots = shots_of_video(source, "detect" if flow is None else "whole")
        segmented = []
        for shot, result in segment_shots(shots, settings, threads, flow):
            for index, mask in zip(shot.indices, result.masks(), strict=True):
                _write(partial / mask_name(shot, index), mask.astype(np.uint8) * 255)
            segmented.append(_Segmented(shot, result))
        table = pd.DataFrame(map(_row, segmented))
        table.to_csv(partial / "shots.csv", index=False)
        if overlay:
            _write_overlays(segmented, source, partial)
    return table


def _row(segmented: _Segmented) -> dict[str, object]:
    shot, result = segmented
    foreground = float(np.mean([mask.mean() for mask in result.masks()]))
    return {
        "shot": shot.shot,
        "first": shot.first,
        "last": shot.last,
        "foreground": round(foreground, 4),
        "confidence": round(float(np.mean(result.confidences)), 3),
        "reason": result.reason,
    }


def _write_overlays(segmented: list[_Segmented], source: Path, folder: Path) -> None:
    rate = FOLDER_FRAME_RATE if source.is_dir() else frames_per_second(source)
    length = sum(item.shot.length for item in segmented)
    chosen = set(spread(TILES, length))
    tiles: list[Frame] = []
    titles: list[str] = []

    def tinted() -> Iterator[Frame]:
        for position, (shot, index, frame, mask) in enumerate(_frames_and_masks(segmented)):
            picture = tint(frame, mask)
            if position in chosen:
                tiles.append(picture)
                titles.append(f"shot {shot.shot}, frame {index}")
            yield picture

    write_overlay_video(tinted(), folder / "overlay.mp4", rate)
    _write(folder / "contact_sheet.jpg", contact_sheet(tiles, titles)[..., ::-1])


def _frames_and_masks(segmented: list[_Segmented]) -> Iterator[tuple[Shot, int, Frame, Mask]]:
    results = {item.shot.shot: item.result for item in segmented}
    for shot, frames in read_shots_frames(item.shot for item in segmented):
        masks = results[shot.shot].masks()
        for index, frame, mask in zip(shot.indices, frames, masks, strict=True):
            yield shot, index, frame, mask


def _write(path: Path, image: np.ndarray) -> None:
    options = [cv2.IMWRITE_PNG_BILEVEL, 1] if path.suffix == ".png" else []
    # OpenCV would crash of a path that is not UTF-8.
    path.write_bytes(cv2.imencode(path.suffix, image, options)[1].tobytes())

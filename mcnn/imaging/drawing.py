"""Drawing: masks over frames, contact sheets, overlay videos."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from mcnn.errors import DataError
from mcnn.files import refuse_foreign_name
from mcnn.imaging.masks import Mask
from mcnn.label_space import IGNORE

# What cannot be written is an error here; without these two OpenCV and FFmpeg write about it too.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)

Frame = NDArray[np.uint8]

COLOUR = (255, 64, 32)
"""RGB of the foreground and its outline."""
COLOURS = (
    *(COLOUR, (64, 160, 255), (255, 208, 32), (96, 216, 96), (224, 96, 255)),
    *((32, 224, 224), (255, 144, 192), (176, 128, 72), (144, 144, 255), (192, 255, 64)),
)
"""RGB of labels in order, over and over."""
TILE_WIDTH = 320
"""Width of a frame on a contact sheet, in pixels."""


def tint(frame: Frame, mask: Mask, colour: tuple[int, int, int] = COLOUR) -> Frame:
    """Blend the foreground of a frame with a colour and draw its outline.

    Parameters
    ----------
    frame
        ``(H, W, 3)`` uint8 RGB.
    mask
        ``(H, W)`` bool.
    colour
        RGB.

    Returns
    -------
    ndarray, uint8, shape (H, W, 3)
        The background is left as it is.
    """
    blended = frame.copy()
    blended[mask] = (0.55 * frame[mask] + 0.45 * np.array(colour)).astype(np.uint8)
    outline, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    thickness = max(1, round(max(mask.shape) / 400))
    cv2.drawContours(blended, outline, -1, colour, thickness)
    return blended


def contact_sheet(frames: Sequence[Frame], titles: Sequence[str], columns: int = 4) -> Frame:
    """Lay frames out in rows, each with a title.

    Parameters
    ----------
    frames
        ``(H, W, 3)`` uint8 RGB each, of any sizes; at least one.
    titles
        One for each.
    columns
        Frames in a row.
    """
    tiles = [_tile(frame, title) for frame, title in zip(frames, titles, strict=True)]
    height = max(len(tile) for tile in tiles)
    tiles = [np.pad(tile, ((0, height - len(tile)), (0, 0), (0, 0))) for tile in tiles]
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % columns)
    return np.vstack([np.hstack(tiles[i : i + columns]) for i in range(0, len(tiles), columns)])


def colours(count: int) -> list[tuple[int, int, int]]:
    """RGB of so many labels."""
    return [COLOURS[k % len(COLOURS)] for k in range(count)]


def paint_labels(frame: Frame, labels: NDArray[np.uint8]) -> Frame:
    """Tint the pixels of each label of ``(H, W)`` but 0 and 255 with its colour."""
    for label in np.unique(labels[(labels > 0) & (labels < IGNORE)]).tolist():
        frame = tint(frame, labels == label, COLOURS[(label - 1) % len(COLOURS)])
    return frame


def legend(names: Sequence[str], width: int) -> Frame:
    """A strip of a width in pixels with the `colours` of names."""
    strip = np.zeros((26, width, 3), np.uint8)
    left = 4
    for name, colour in zip(names, colours(len(names)), strict=True):
        cv2.rectangle(strip, (left, 6), (left + 14, 20), colour, cv2.FILLED)
        (length, _), _ = cv2.getTextSize(name, cv2.FONT_HERSHEY_SIMPLEX, 0.45, 1)
        place = (left + 20, 18)
        cv2.putText(
            strip, name, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, (255, 255, 255), 1, cv2.LINE_AA
        )
        left += length + 40
    return strip


def write_overlay_video(frames: Iterable[Frame], path: Path, frames_per_second: float) -> None:
    """Write frames ``(H, W, 3)`` uint8 RGB of one size as an MPEG-4 video.

    Raises
    ------
    DataError
        If this build of OpenCV cannot write it, there is no room for it, or the path is not UTF-8.
    """
    writer: cv2.VideoWriter | None = None
    try:
        for frame in frames:
            if writer is None:
                writer = _open(path, frames_per_second, frame.shape)
            writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    finally:
        if writer is not None:
            writer.release()
    # Its index is written last, and OpenCV does not tell whether it was.
    if writer is not None and not cv2.VideoCapture(str(path)).isOpened():
        raise DataError(
            path, "the video cannot be written", "make room, or go on without --overlay"
        )


def spread(count: int, length: int) -> Iterator[int]:
    """At most `count` positions spread evenly over 0 to length - 1.

    Examples
    --------
    >>> list(spread(3, 9)), list(spread(3, 2))
    ([1, 4, 7], [0, 1])
    """
    count = min(count, length)
    yield from ((2 * i + 1) * length // (2 * count) for i in range(count))


def _open(path: Path, frames_per_second: float, shape: tuple[int, ...]) -> cv2.VideoWriter:
    refuse_foreign_name(path)
    codec = cv2.VideoWriter.fourcc(*"mp4v")
    writer = cv2.VideoWriter(str(path), codec, frames_per_second, (shape[1], shape[0]))
    if not writer.isOpened():
        raise DataError(path, "OpenCV cannot write this video", "go on without --overlay")
    return writer


def _tile(frame: Frame, title: str) -> Frame:
    height = max(1, round(len(frame) * TILE_WIDTH / frame.shape[1]))
    tile = cv2.resize(frame, (TILE_WIDTH, height), interpolation=cv2.INTER_AREA)
    strip = np.zeros((22, TILE_WIDTH, 3), np.uint8)
    cv2.putText(
        strip, title, (4, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (255, 255, 255), 1, cv2.LINE_AA
    )
    return np.vstack([strip, tile])

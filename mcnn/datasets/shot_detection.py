"""Shot boundaries: hard cuts, and fades through black.

A cut is a change of the picture that stands out from the changes around it. The change between
two frames is the geometric mean of what they differ in pixel by pixel (PySceneDetect's content
score, in grey levels) and of the share of pixels whose colour has no counterpart in the other
frame. Fast motion changes the pixels but hardly the colours; a change of exposure, the other way
round. Dissolves are not found.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

import cv2
import numpy as np
from scenedetect.detectors import AdaptiveDetector

from mcnn.datasets.frames import read_video

SIZE = 256
"""Frames are shrunk to this many pixels on their longer side."""

WINDOW = 4
"""Frames to either side that a change is compared with."""

CONTRAST = 2.3
"""How many times the mean change of the window a cut is. Where steady motion sets in, half of the
window moves as well, which makes it 2."""

CHANGE = 3.0
"""Least change of a cut."""

FLASH = 3
"""So many frames may differ from those around them without being a shot: flashes, lost frames."""

RETURN = 0.6
"""After a flash, the picture has changed by less than this share of the change at the flash."""

BLACK = 4
"""Mean grey level below which a frame is black."""

_BINS = 16
_LIT = 24
_LEAST_PICTURE = 0.25


def detect_shots(video: str | Path | Iterable[np.ndarray]) -> list[tuple[int, int]]:
    """Find the shots of a video; a few shrunk frames at a time are held in memory.

    Parameters
    ----------
    video
        Video file, folder of frames, or the frames themselves: RGB, uint8, shape (H, W, 3).

    Returns
    -------
    list of (first, last)
        First and last frame of each shot, counted from 0; together all frames. The black between
        two shots belongs to the earlier one, black at the start to the first. Empty if there are
        no frames.

    Raises
    ------
    DataError
        If the file or folder cannot be read.

    Examples
    --------
    >>> detect_shots("two_shots.mp4")  # doctest: +SKIP
    [(0, 61), (62, 140)]
    """
    frames = read_video(video) if isinstance(video, str | Path) else video
    detector, fades = _CutDetector(), _FadeDetector()
    window: deque[np.ndarray] = deque(maxlen=2 * WINDOW + 1)
    cuts: set[int] = set()
    length = 0
    for number, frame, mirrored in _mirrored_ends(_shrunk(frames)):
        window.append(frame)
        cuts |= {cut for cut in detector.process_frame(number, frame) if not _is_flash(window)}
        if not mirrored:
            length += 1
            cuts |= {number} if fades.ends(frame) else set()
    if length == 0:
        return []
    # Where the video fades in from black, its first frames are no shot.
    starts = [0, *sorted(cut for cut in cuts if fades.first + FLASH < cut < length)]
    return list(zip(starts, [start - 1 for start in [*starts[1:], length]], strict=True))


class _CutDetector(AdaptiveDetector):
    """PySceneDetect's detector of changes that stand out, with our measure of change."""

    def __init__(self) -> None:
        super().__init__(
            adaptive_threshold=CONTRAST,
            min_content_val=CHANGE,
            window_width=WINDOW,
            # Counted from the end of the window: cuts are at least two frames apart.
            min_scene_len=WINDOW + 2,
            # Without hue and saturation, scores of colour and of grey videos agree.
            luma_only=True,
        )
        self._colours: np.ndarray | None = None
        self._lit: np.ndarray | None = None

    def _calculate_frame_score(self, frame_num: int, frame_img: np.ndarray) -> float:
        pixels = super()._calculate_frame_score(frame_num, frame_img)
        counts = cv2.calcHist([frame_img], [0, 1, 2], None, [_BINS] * 3, [0, 256] * 3)
        before, self._colours = self._colours, counts / counts.sum()
        picture = self._picture(frame_img)
        if before is None:
            return 0.0
        colours = 1 - np.minimum(before, self._colours).sum()
        return float(np.sqrt(pixels * colours)) / picture

    def _picture(self, frame: np.ndarray) -> float:
        """Share of the frame without the bars at its sides, black so far."""
        lit = frame.max(axis=2) >= _LIT
        self._lit = lit if self._lit is None else self._lit | lit
        share = self._lit.any(axis=0).mean() * self._lit.any(axis=1).mean()
        return max(float(share), _LEAST_PICTURE)


class _FadeDetector:
    """Tells where the picture comes back after black frames; `first` are black at the start."""

    def __init__(self) -> None:
        self.first, self._started, self._black = 0, False, 0

    def ends(self, frame: np.ndarray) -> bool:
        """Whether this frame is the first after a spell of black that is no flash."""
        if frame.mean() < BLACK:
            self._black += 1
            return False
        ended = self._started and self._black > FLASH
        if not self._started:
            self.first, self._started = self._black, True
        self._black = 0
        return ended


def _is_flash(window: Iterable[np.ndarray]) -> bool:
    """Whether the scene before the middle frame is soon back, or the one after it was there."""
    frames = list(window)
    change = _change(frames[WINDOW - 1], frames[WINDOW])
    return any(
        _change(frames[WINDOW - before], frames[WINDOW + after]) < RETURN * change
        for before in range(1, FLASH + 2)
        for after in range(FLASH + 2 - before)
    )


def _change(before: np.ndarray, after: np.ndarray) -> float:
    detector = _CutDetector()
    detector._calculate_frame_score(0, before)
    return detector._calculate_frame_score(1, after)


def _shrunk(frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Frames as PySceneDetect wants them: BGR, all of one size."""
    size: tuple[int, int] | None = None
    for frame in frames:
        if size is None:
            height, width = frame.shape[:2]
            scale = min(1.0, SIZE / max(height, width))
            size = max(1, round(width * scale)), max(1, round(height * scale))
        small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
        yield cv2.cvtColor(small, cv2.COLOR_RGB2BGR)


def _mirrored_ends(frames: Iterable[np.ndarray]) -> Iterator[tuple[int, np.ndarray, bool]]:
    """Number, frame, and whether it is a mirror image, by which all frames have a full window."""
    frames = iter(frames)
    first = list(islice(frames, WINDOW + 1))
    for number in range(1 - len(first), 0):
        yield number, first[-number], True
    last: deque[np.ndarray] = deque(maxlen=WINDOW + 1)
    number = -1
    for number, frame in enumerate(chain(first, frames)):
        last.append(frame)
        yield number, frame, False
    for frame in list(last)[-2::-1]:
        number += 1
        yield number, frame, True

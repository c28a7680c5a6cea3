"""Decoding video files front to back."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np

from mcnn.errors import UNPACK, DataError
from mcnn.files import reading, refuse_foreign_name
from mcnn.imaging.decode import MOST_PIXELS

REENCODE = "re-encode it, for example as H.264"
"""The remedy for video files that do not decode."""

WHOLE = "download or copy it again; to keep what is there, re-encode it, for example as H.264"
"""The remedy for video files that lack their end."""

MOST_FRAMES_PER_SECOND = 1000.0
"""Headers of damaged files name any rate."""

_BOX_HEAD = 8
"""Bytes of size and type of a box of an MP4 file."""

_FIRST_BOXES = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot")
_EBML = bytes.fromhex("1a45dfa3")

_OPTIONS = {
    # Without this one, the last frame of a truncated AVI file comes out half grey.
    "fflags": "discardcorrupt",
    # Playlists and scripts would open other files, here and elsewhere.
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,avi,matroska,webm",
    "protocol_whitelist": "file",
}
# OpenCV takes the options of FFmpeg from nowhere else.
os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "|".join(map(";".join, _OPTIONS.items())))
# What does not open is an error here; without these two OpenCV and FFmpeg write about it as well.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)


class VideoFile:
    """A video file that is decoded once as long as frame numbers ascend.

    Frames are counted as they decode, from 0: with a variable frame rate, none is doubled or
    dropped. Of a truncated AVI or Matroska file, which do not tell, the frames that decode in full
    are there.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    DataError
        If the file is missing, is none of the containers that are read or does not open, or is an
        MP4 file that lacks its end.

    Examples
    --------
    >>> with VideoFile("clip.mp4") as video:  # doctest: +SKIP
    ...     first, tenth = video.frames([0, 9])
    """

    def __init__(self, path: str | Path) -> None:
        self.path = str(path)
        self._open()

    def __enter__(self) -> "VideoFile":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._capture.release()

    def frames(self, indices: Iterable[int]) -> Iterator[np.ndarray]:
        """Decode frames; for a number below the previous one, the file is begun again.

        Parameters
        ----------
        indices
            Frame numbers from 0.

        Yields
        ------
        ndarray, uint8, shape (H, W, 3)
            BGR, rotated as the file's metadata asks for.

        Raises
        ------
        DataError
            If a frame does not decode.
        """
        for index in indices:
            if index < self._grabbed - 1:
                self.close()
                self._open()
            while self._grabbed <= index:
                if not self._grab():
                    raise DataError(
                        self.path,
                        f"frame {index} does not decode, only {self._grabbed} frames do",
                        REENCODE,
                    )
            yield self._retrieve()

    def all_frames(self) -> Iterator[np.ndarray]:
        """Decode all frames that are left; as `frames`."""
        while self._grab():
            yield self._retrieve()

    def count(self) -> int:
        """Number of frames that decode; the count in the file's header can be wrong.

        Raises
        ------
        DataError
            If none does.
        """
        while self._grab():
            pass
        if self._grabbed == 0:
            raise DataError(self.path, "no frame of the video decodes", REENCODE)
        return self._grabbed

    def frames_per_second(self) -> float:
        """Mean frame rate that the file's header names; 25 where it names none."""
        rate = float(self._capture.get(cv2.CAP_PROP_FPS))
        return rate if 0 < rate < MOST_FRAMES_PER_SECOND else 25.0

    def _open(self) -> None:
        if not Path(self.path).is_file():
            raise DataError(self.path, "the video is missing", UNPACK)
        refuse_foreign_name(self.path)
        if not is_container(self.path):
            problem = "the video does not decode: no MP4, QuickTime, AVI, Matroska or WebM"
            raise DataError(self.path, problem, REENCODE)
        # Other backends take a name with digits for a sequence of images.
        self._capture = cv2.VideoCapture(self.path, cv2.CAP_FFMPEG)
        self._grabbed = 0
        missing = missing_bytes(self.path)
        if missing:
            while self._grab():
                pass
            self._capture.release()
            problem = f"the video is truncated: {missing} bytes are missing at its end, only "
            raise DataError(self.path, f"{problem}{self._grabbed} frames can be read", WHOLE)
        if not self._capture.isOpened():
            self._capture.release()
            raise DataError(self.path, "the video does not decode", REENCODE)
        width, height = map(
            self._capture.get, (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
        )
        if width * height > MOST_PIXELS:
            self._capture.release()
            problem = f"its frames are {width:.0f}x{height:.0f}, more than {MOST_PIXELS} pixels"
            raise DataError(self.path, problem, REENCODE)
        self._capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)

    def _grab(self) -> bool:
        grabbed = self._capture.grab()
        self._grabbed += grabbed
        return grabbed

    def _retrieve(self) -> np.ndarray:
        decoded, bgr = self._capture.retrieve()
        if not decoded:
            raise DataError(self.path, f"frame {self._grabbed - 1} does not decode", REENCODE)
        return bgr


def is_container(path: str | Path) -> bool:
    """Whether a file begins as MP4, QuickTime, AVI, Matroska or WebM do."""
    with reading(path), open(path, "rb") as file:
        head = file.read(12)
    riff = head[:4] == b"RIFF" and head[8:] in (b"AVI ", b"AVIX")
    return riff or head[:4] == _EBML or head[4:8] in _FIRST_BOXES


def missing_bytes(path: str | Path) -> int:
    """Bytes that an MP4 or QuickTime file lacks at its end, by the sizes of its boxes.

    A box begins with its size (32 bits, big-endian) and its type; the size 1 announces one of 64
    bits, 0 the rest of the file (ISO/IEC 14496-12, section 4.2). Of other files, 0.
    """
    end, position = os.path.getsize(path), 0
    with open(path, "rb") as file:
        while position < end:
            file.seek(position)
            head = file.read(16)
            size, kind = int.from_bytes(head[:4], "big"), head[4:8]
            if (position == 0 and kind != b"ftyp") or not kind.isalnum() or size == 0:
                return 0
            if size == 1:
                size = int.from_bytes(head[8:], "big")
            position += max(size, _BOX_HEAD)
    return position - end


def count_frames(path: str | Path) -> int:
    """Number of frames of a video file that decode; see `VideoFile.count`."""
    with VideoFile(path) as video:
        return video.count()


def frames_per_second(path: str | Path) -> float:
    """Mean frame rate that a video file's header names; 25 where it names none."""
    with VideoFile(path) as video:
        return video.frames_per_second()

"""Decoding video files front to back."""

import math
import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

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
    # What a file names besides itself is not opened, here or elsewhere.
    "protocol_whitelist": "file",
}


class VideoFile:
    """A video file that is decoded once as long as frame numbers ascend.

    Frames are counted as they decode, from 0: with a variable frame rate, none is doubled or
    dropped. Of a truncated AVI or Matroska file, which do not tell, the frames that decode in full
    are there; of a damaged file, those before the first that does not decode. One thread decodes.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    DataError
        If the file is missing, is none of the containers that are read or does not open, is an
        MP4 file that lacks its end, or has frames of more than `MOST_PIXELS`.

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
        self._frames.close()  # First: it would read on from what is closed.
        self._container.close()

    def frames(self, indices: Iterable[int]) -> Iterator[np.ndarray]:
        """Decode frames; for a number below the previous one, the file is begun again.

        Parameters
        ----------
        indices
            Frame numbers from 0.

        Yields
        ------
        ndarray, uint8, shape (H, W, 3)
            RGB, turned and mirrored as the file's metadata asks for. Of more than 8 bits, the upper
            ones are left; an alpha channel is dropped.

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
        return self._rate if 0 < self._rate < MOST_FRAMES_PER_SECOND else 25.0

    def _open(self) -> None:
        if not Path(self.path).is_file():
            raise DataError(self.path, "the video is missing", UNPACK)
        refuse_foreign_name(self.path)
        container = container_of(self.path)
        if container is None:
            problem = "the video does not decode: no MP4, QuickTime, AVI, Matroska or WebM"
            raise DataError(self.path, problem, REENCODE)
        self._grabbed = 0
        missing = missing_bytes(self.path)
        if missing:
            with suppress(DataError):
                self._begin(container)
                while self._grab():
                    pass
                self.close()
            problem = f"the video is truncated: {missing} bytes are missing at its end, only "
            raise DataError(self.path, f"{problem}{self._grabbed} frames can be read", WHOLE)
        self._begin(container)

    def _begin(self, container: str) -> None:
        # Decoders ask it before they allocate a frame, those at work while the file opens too.
        limit = {"max_pixels": str(MOST_PIXELS)}
        try:
            self._container = av.open(
                # A name with a colon would be taken for another protocol.
                f"file:{self.path}",
                format=container,
                options=_OPTIONS | limit,
                metadata_errors="ignore",
            )
        except av.FFmpegError as error:
            raise DataError(self.path, "the video does not decode", REENCODE) from error
        stream = self._container.streams.best("video")
        if not isinstance(stream, VideoStream) or stream.codec_context is None:
            self._container.close()
            problem = "the video does not decode: it holds none of a known codec"
            raise DataError(self.path, problem, REENCODE)
        decoder = stream.codec_context
        if not 0 < decoder.width * decoder.height <= MOST_PIXELS:
            self._container.close()
            size = f"are {decoder.width}x{decoder.height}," if decoder.width else "have no size, or"
            problem = f"its frames {size} more than {MOST_PIXELS} pixels"
            raise DataError(self.path, problem, REENCODE)
        # A job of the workflow owns as many cores as it has asked for, mostly one.
        decoder.thread_count = 1
        decoder.options = limit
        self._rate = float(stream.average_rate or 0)
        self._frames = _decode(self._container, stream)
        self._frame: VideoFrame | None = None
        self._reformatter = VideoReformatter()

    def _grab(self) -> bool:
        frame = next(self._frames, None)
        if frame is None:
            return False
        self._frame = frame
        self._grabbed += 1
        return True

    def _retrieve(self) -> np.ndarray:
        assert self._frame is not None
        try:
            rgb = self._reformatter.reformat(
                self._frame, format="rgb24", interpolation="BICUBIC", threads=1
            )
        except av.FFmpegError as error:
            # Such as YCgCo. In another one's place, the colours would be wrong.
            problem = f"the colour space of frame {self._grabbed - 1} is not known"
            raise DataError(self.path, problem, REENCODE) from error
        return np.array(_upright(rgb.to_ndarray(), self._frame), order="C")


def _decode(container: InputContainer, stream: VideoStream) -> Generator[VideoFrame, None, None]:
    """Frames up to the first packet that does not decode."""
    with suppress(av.FFmpegError):
        for packet in container.demux(stream):
            # An empty one would end the decoding.
            if packet.size:
                yield from stream.codec_context.decode(packet)
    with suppress(av.FFmpegError):
        yield from stream.codec_context.decode(None)


def _upright(pixels: np.ndarray, frame: VideoFrame) -> np.ndarray:
    """Turn and mirror the pixels of a frame by its display matrix, to right angles."""
    # A pixel at x, y is shown at across_x x + across_y y, down_x x + down_y y.
    across_x, down_x, across_y, down_y = _display_matrix(frame)
    across, down = across_x, down_y
    if abs(down_x) > abs(across_x):
        pixels, across, down = pixels.swapaxes(0, 1), across_y, down_x
    return pixels[:: -1 if down < 0 else 1, :: -1 if across < 0 else 1]


def _display_matrix(frame: VideoFrame) -> tuple[float, float, float, float]:
    data: Any
    try:
        data = frame.side_data.get("DISPLAYMATRIX")
    except ValueError:
        # Beside something that PyAV does not know, such as EXIF, it shows the angle alone.
        angle = math.radians(frame.rotation)
        return math.cos(angle), -math.sin(angle), math.sin(angle), math.cos(angle)
    if data is None:
        return 1, 0, 0, 1
    matrix = np.frombuffer(data, np.int32).tolist()
    return matrix[0], matrix[1], matrix[3], matrix[4]


def container_of(path: str | Path) -> str | None:
    """FFmpeg's name of the container that a file begins as; None if it is none that is read."""
    with reading(path), open(path, "rb") as file:
        head = file.read(12)
    if head[:4] == _EBML:
        return "matroska"
    if head[:4] == b"RIFF" and head[8:] in (b"AVI ", b"AVIX"):
        return "avi"
    return "mov" if head[4:8] in _FIRST_BOXES else None


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

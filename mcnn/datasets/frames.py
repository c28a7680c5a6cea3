"""Reading the frames of shots, from image files and video files.

FFmpeg takes some tenths of a second to load; what reads image files goes without.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from mcnn.artefacts.shots import Shot
from mcnn.datasets.files import list_images
from mcnn.errors import UNPACK, DataError
from mcnn.files import read_bytes
from mcnn.imaging.decode import decode_image, image_size
from mcnn.imaging.resize import reduce_frame

if TYPE_CHECKING:
    from mcnn.datasets.video_files import VideoFile

JPEG_QUALITY = 95


class FrameReader:
    """Reads the frames of shot after shot; a video file is decoded once if they ascend.

    Examples
    --------
    >>> with FrameReader() as reader:  # doctest: +SKIP
    ...     for shot in shots:
    ...         first = next(reader.read(shot, [shot.first]))
    """

    def __init__(self) -> None:
        self._video: VideoFile | None = None

    def __enter__(self) -> "FrameReader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the video file that is open."""
        if self._video is not None:
            self._video.close()
            self._video = None

    def read(self, shot: Shot, indices: Iterable[int]) -> Iterator[np.ndarray]:
        """Decode frames one after the other; never more than one is held in memory.

        Parameters
        ----------
        shot
            The shot.
        indices
            Frame numbers in the numbering of the shot's source. For a number that lies before
            one already read, a video file is decoded from its beginning.

        Yields
        ------
        ndarray, uint8, shape (H, W, 3)
            RGB. Grey frames are repeated, an alpha channel is dropped, and the rotation that
            the file's metadata asks for is applied.

        Raises
        ------
        DataError
            Naming the frame or the video that is missing, truncated or does not decode.
        """
        if shot.source == "file":
            yield from self._opened(shot.frames).frames(indices)
        else:
            for path in frame_paths(shot, indices):
                yield decode_image(read_bytes(path), path)

    def encoded(
        self, shot: Shot, indices: Iterable[int], longer_side: int | None = None
    ) -> Iterator[bytes]:
        """Frames as bytes of image files.

        Parameters
        ----------
        shot, indices
            As for `read`.
        longer_side
            Larger frames are reduced to it, in pixels; None: none is.

        Yields
        ------
        bytes
            The file's own bytes, after checking that they decode in full. Frames of a video file,
            which is compressed already, and reduced ones are JPEGs of quality 95.

        Raises
        ------
        DataError
            As `read`.
        """
        side = np.inf if longer_side is None else longer_side
        if shot.source == "file":
            for frame in self.read(shot, indices):
                yield _jpeg(reduce_frame(frame, side))
            return
        for path in frame_paths(shot, indices):
            data = read_bytes(path)
            frame = decode_image(data, path)
            reduced = reduce_frame(frame, side)
            yield data if reduced is frame else _jpeg(reduced)

    def _opened(self, path: str) -> "VideoFile":
        from mcnn.datasets.video_files import VideoFile

        if self._video is None or self._video.path != path:
            self.close()
            self._video = VideoFile(path)
        return self._video


def read_frames(shot: Shot, indices: Iterable[int]) -> Iterator[np.ndarray]:
    """Decode frames of one shot; see `FrameReader.read`."""
    with FrameReader() as reader:
        yield from reader.read(shot, indices)


def read_shots_frames(shots: Iterable[Shot]) -> Iterator[tuple[Shot, Iterator[np.ndarray]]]:
    """Decode all frames of shot after shot, those of a video file in one pass.

    Parameters
    ----------
    shots
        For a single pass, those of a video file in ascending order.

    Yields
    ------
    shot, frames
        The frames as `FrameReader.read` yields them. They need not be used up, but have to be
        read before the next shot is asked for.

    Raises
    ------
    DataError
        As `FrameReader.read`, when the frame at fault is asked for.

    Examples
    --------
    >>> for shot, frames in read_shots_frames(shots):  # doctest: +SKIP
    ...     for earlier, later in pairwise(frames):
    ...         ...
    """
    with FrameReader() as reader:
        for shot in shots:
            yield shot, reader.read(shot, shot.indices)


def of_one_size(
    shot: Shot, indices: Iterable[int], frames: Iterable[np.ndarray]
) -> Iterator[np.ndarray]:
    """Pass on the frames of a shot of these indices, as long as they have the size of the first.

    Raises
    ------
    DataError
        Naming the first frame of another size.
    """
    first: tuple[int, ...] = ()
    for index, frame in zip(indices, frames, strict=True):
        first = first or frame.shape
        if frame.shape != first:
            path = shot.frames if shot.source == "file" else frame_path(shot, index)
            problem = f"frame {index} is {_text(frame.shape)}, the first of its shot {_text(first)}"
            raise DataError(path, problem, UNPACK)
        yield frame


def read_video(path: str | Path) -> Iterator[np.ndarray]:
    """Decode all frames of a video file or of a folder of frames, one after the other.

    Yields
    ------
    ndarray, uint8, shape (H, W, 3)
        As `FrameReader.read`.

    Raises
    ------
    DataError
        If the file or folder is missing, does not decode or holds no frame.
    """
    path = Path(path)
    if path.is_dir():
        names = list_images(path)
        if not names:
            raise DataError(path, "the folder of frames holds no images", UNPACK)
        for name in names:
            yield decode_image(read_bytes(path / name), path / name)
        return
    from mcnn.datasets.video_files import REENCODE, VideoFile

    with VideoFile(path) as video:
        empty = True
        for frame in video.all_frames():
            empty = False
            yield frame
        if empty:
            raise DataError(path, "no frame of the video decodes", REENCODE)


def frame_size(shot: Shot, index: int) -> tuple[int, int]:
    """Height and width of a frame as `read_frames` would return it.

    Of image files only the header is read; of video files, the first frame.

    Raises
    ------
    DataError
        If the frame is missing or no image.
    """
    if shot.source == "file":
        height, width = next(read_frames(shot, [0])).shape[:2]
        return height, width
    return image_size(frame_path(shot, index))


def frame_path(shot: Shot, index: int) -> Path:
    """Image file of a frame; see `frame_paths`."""
    return frame_paths(shot, [index])[0]


def frame_paths(shot: Shot, indices: Iterable[int]) -> list[Path]:
    """Image files of frames; whether they exist is not checked.

    Raises
    ------
    ValueError
        If the shot lies in a video file.
    DataError
        If a folder of frames is missing or has fewer images than an index asks for.
    """
    if shot.source == "file":
        raise ValueError(f"{shot.frames}: the frames of a video file have no files of their own")
    if shot.source == "numbered":
        return [Path(shot.frames % index) for index in indices]
    names = list_images(shot.frames)
    indices = list(indices)
    for index in indices:
        if not 0 <= index < len(names):
            raise DataError(
                shot.frames, f"frame {index} is missing, the folder holds {len(names)}", UNPACK
            )
    return [Path(shot.frames, names[index]) for index in indices]


def _jpeg(frame: np.ndarray) -> bytes:
    quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    return cv2.imencode(".jpg", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), quality)[1].tobytes()


def _text(shape: tuple[int, ...]) -> str:
    return f"{shape[1]}x{shape[0]}"

"""Reading the frames of shots, from image files and video files."""

import io
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError

from mcnn.datasets.files import IMAGE_SUFFIXES, UNPACK, list_names, read_bytes
from mcnn.datasets.shots import Shot
from mcnn.errors import DataError

REENCODE = "re-encode it, for example as H.264, or set `on_error: skip` to go on without it"
JPEG_QUALITY = 95
_ORIENTATION = 0x0112


def read_frames(shot: Shot, indices: Sequence[int]) -> Iterator[np.ndarray]:
    """Decode frames one after the other; never more than one is held in memory.

    Parameters
    ----------
    shot
        The shot.
    indices
        Frame numbers in the numbering of the shot's source, ascending.

    Yields
    ------
    ndarray, uint8, shape (H, W, 3)
        RGB. Grey frames are repeated, an alpha channel is dropped, and the rotation that the
        file's metadata asks for is applied.

    Raises
    ------
    DataError
        Naming the frame or the video that is missing, truncated or does not decode.
    """
    if shot.source == "file":
        for bgr in _video_frames(shot.frames, indices):
            yield np.ascontiguousarray(bgr[:, :, ::-1])
    else:
        for path in frame_paths(shot, indices):
            yield decode_image(read_bytes(path), path)


def encoded_frames(shot: Shot, indices: Sequence[int]) -> Iterator[bytes]:
    """Frames as bytes of image files.

    Parameters
    ----------
    shot, indices
        As for `read_frames`.

    Yields
    ------
    bytes
        The file's own bytes, after checking that they decode in full; frames of a video file as
        JPEG of quality 95, the video being compressed already.

    Raises
    ------
    DataError
        As `read_frames`.
    """
    if shot.source == "file":
        for bgr in _video_frames(shot.frames, indices):
            encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1]
            yield encoded.tobytes()
    else:
        for path in frame_paths(shot, indices):
            data = read_bytes(path)
            decode_image(data, path)
            yield data


def encoded_frame(shot: Shot, index: int) -> bytes:
    """One frame as bytes of an image file; see `encoded_frames`."""
    return next(encoded_frames(shot, [index]))


def decode_image(data: bytes, name: str | Path = "image") -> np.ndarray:
    """Decode the bytes of an image file.

    Parameters
    ----------
    data
        JPEG, PNG or another format that Pillow reads.
    name
        Path to name in errors.

    Returns
    -------
    ndarray, uint8, shape (H, W, 3)
        RGB, turned as a JPEG's EXIF orientation asks.

    Raises
    ------
    DataError
        If the data is no image or is truncated.
    """
    image = load_image(data, name)
    if image.mode.startswith("I"):
        return np.repeat((np.asarray(image) >> 8).astype(np.uint8)[:, :, None], 3, axis=2)
    upright = ImageOps.exif_transpose(image) if image.format == "JPEG" else image
    return np.array(upright.convert("RGB"))


def load_image(data: bytes, name: str | Path) -> Pillow.Image:
    """Decode the bytes of an image file as they are: mode, palette and orientation are kept.

    Raises
    ------
    DataError
        If the data is no image or is truncated.
    """
    try:
        image = Pillow.open(io.BytesIO(data))
        # Pillow refuses truncated data; OpenCV would fill the rest with grey.
        image.load()
    # Broken images raise OSError, SyntaxError, struct.error, ValueError and more.
    except Exception as error:
        raise _undecodable(name, error) from error
    return image


def frame_size(shot: Shot, index: int) -> tuple[int, int]:
    """Height and width of a frame as `read_frames` would return it.

    Of image files only the header is read; of video files, the first frame.

    Raises
    ------
    DataError
        If the frame is missing or no image.
    """
    if shot.source == "file":
        height, width = next(_video_frames(shot.frames, [0])).shape[:2]
        return height, width
    return image_size(frame_path(shot, index))


def image_size(path: str | Path) -> tuple[int, int]:
    """Height and width of an image file, read off its header.

    Raises
    ------
    DataError
        If the file is missing or no image.
    """
    try:
        with Pillow.open(path) as image:
            width, height = image.size
            # getexif() of formats other than JPEG may decode all pixels.
            turned = image.format == "JPEG" and image.getexif().get(_ORIENTATION, 1) >= 5
    except FileNotFoundError as error:
        raise DataError(path, "the file is missing", UNPACK) from error
    except Exception as error:
        raise _undecodable(path, error) from error
    return (width, height) if turned else (height, width)


def frame_path(shot: Shot, index: int) -> Path:
    """Image file of a frame; see `frame_paths`."""
    return frame_paths(shot, [index])[0]


def frame_paths(shot: Shot, indices: Sequence[int]) -> list[Path]:
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
    for index in indices:
        if not 0 <= index < len(names):
            raise DataError(
                shot.frames, f"frame {index} is missing, the folder holds {len(names)}", UNPACK
            )
    return [Path(shot.frames, names[index]) for index in indices]


def list_images(folder: str | Path) -> list[str]:
    """Names of the images in a folder, in natural order."""
    return [name for name in list_names(folder) if name.lower().endswith(IMAGE_SUFFIXES)]


def count_frames(path: str | Path) -> int:
    """Number of frames of a video file that decode; the count in its header can be wrong.

    Raises
    ------
    DataError
        If the file cannot be opened or none of its frames decodes.
    """
    capture = _open_video(path)
    try:
        count = 0
        while capture.grab():
            count += 1
    finally:
        capture.release()
    if count == 0:
        raise DataError(path, "no frame of the video decodes", REENCODE)
    return count


def _video_frames(path: str, indices: Sequence[int]) -> Iterator[np.ndarray]:
    if any(earlier > later for earlier, later in pairwise(indices)):
        raise ValueError("indices must ascend: video files are decoded front to back")
    capture = _open_video(path)
    try:
        position = 0
        for index in indices:
            while position <= index:
                if not capture.grab():
                    raise DataError(
                        path, f"frame {index} does not decode, only {position} frames do", REENCODE
                    )
                position += 1
            decoded, bgr = capture.retrieve()
            if not decoded:
                raise DataError(path, f"frame {index} does not decode", REENCODE)
            yield bgr
    finally:
        capture.release()


def _open_video(path: str | Path) -> cv2.VideoCapture:
    if not Path(path).is_file():
        raise DataError(path, "the video is missing", UNPACK)
    # Other backends take a name with digits for a sequence of images.
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    if not capture.isOpened():
        capture.release()
        raise DataError(path, "the video does not decode", REENCODE)
    capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
    return capture


def _undecodable(path: str | Path, error: Exception) -> DataError:
    known = isinstance(error, UnidentifiedImageError)
    reason = "unknown format" if known else str(error) or type(error).__name__
    return DataError(path, f"the image does not decode ({reason})", UNPACK)

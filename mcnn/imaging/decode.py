"""Decoding image files."""

import io
from pathlib import Path

import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError

from mcnn.errors import UNPACK, DataError

MOST_PIXELS = 2**26
"""Of an image, by its header: 8192 x 8192. A file of a few kB can declare gigabytes; an image of
this size is decoded within 1 GB."""

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
"""What is decoded, whatever the suffix. Pillow knows more, and runs Ghostscript for some."""

_ORIENTATION = 0x0112


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
        If the data is no image, is truncated, or declares more than `MOST_PIXELS`.
    """
    image = load_image(data, name)
    try:
        if image.mode.startswith("I"):
            return np.repeat((np.asarray(image) >> 8).astype(np.uint8)[:, :, None], 3, axis=2)
        if image.format == "JPEG":
            ImageOps.exif_transpose(image, in_place=True)
        image = image if image.mode == "RGB" else image.convert("RGB")
        return np.array(image)
    # Broken palettes and EXIF raise ValueError, SyntaxError, struct.error and more.
    except Exception as error:
        raise _undecodable(name, error) from error


def load_image(data: bytes, name: str | Path) -> Pillow.Image:
    """Decode the bytes of an image file as they are: mode, palette and orientation are kept.

    Raises
    ------
    DataError
        If the data is no image, is truncated, or declares more than `MOST_PIXELS`.
    """
    try:
        image = Pillow.open(io.BytesIO(data), formats=FORMATS)
        _refuse_huge(image.size, name)
        # Pillow refuses truncated data; OpenCV would fill the rest with grey.
        image.load()
    except DataError:
        raise
    # Broken images raise OSError, SyntaxError, struct.error, ValueError and more.
    except Exception as error:
        raise _undecodable(name, error) from error
    return image


def image_size(path: str | Path) -> tuple[int, int]:
    """Height and width of an image file, read off its header.

    Raises
    ------
    DataError
        If the file is missing or no image, or declares more than `MOST_PIXELS`.
    """
    try:
        with Pillow.open(path, formats=FORMATS) as image:
            width, height = image.size
            _refuse_huge(image.size, path)
            # getexif() of formats other than JPEG may decode all pixels.
            turned = image.format == "JPEG" and image.getexif().get(_ORIENTATION, 1) >= 5
    except FileNotFoundError as error:
        raise DataError(path, "the file is missing", UNPACK) from error
    except DataError:
        raise
    except Exception as error:
        raise _undecodable(path, error) from error
    return (width, height) if turned else (height, width)


def _refuse_huge(size: tuple[int, int], path: str | Path) -> None:
    width, height = size
    if width * height > MOST_PIXELS:
        problem = f"the image is {width}x{height}, more than {MOST_PIXELS} pixels"
        raise DataError(path, problem, "reduce it")


def _undecodable(path: str | Path, error: Exception) -> DataError:
    known = isinstance(error, UnidentifiedImageError)
    reason = "unknown format" if known else str(error) or type(error).__name__
    return DataError(path, f"the image does not decode ({reason})", UNPACK)

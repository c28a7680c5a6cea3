"""Decoding image files."""

import io
from pathlib import Path

import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError

from mcnn.errors import UNPACK, DataError

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


def _undecodable(path: str | Path, error: Exception) -> DataError:
    known = isinstance(error, UnidentifiedImageError)
    reason = "unknown format" if known else str(error) or type(error).__name__
    return DataError(path, f"the image does not decode ({reason})", UNPACK)

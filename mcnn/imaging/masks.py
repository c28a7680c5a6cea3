"""Masks as 1-bit PNG files in memory."""

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from mcnn.errors import UNPACK, DataError
from mcnn.imaging.decode import load_image

Mask = NDArray[np.bool_]


def encode_mask(mask: Mask) -> bytes:
    """Encode a bool array (H, W) as a 1-bit PNG."""
    buffer = io.BytesIO()
    Pillow.fromarray(np.ascontiguousarray(mask, dtype=bool)).save(buffer, format="PNG")
    return buffer.getvalue()


def decode_mask(data: bytes, name: str | Path = "mask") -> Mask:
    """Decode a 1-bit PNG to a bool array (H, W).

    Parameters
    ----------
    data
        The PNG.
    name
        Path to name in errors.

    Raises
    ------
    DataError
        If the data does not decode or has several channels.
    """
    image = load_image(data, name)
    if len(image.getbands()) > 1:
        raise DataError(name, f"the mask is {image.mode}, not of one channel", UNPACK)
    return np.array(image, dtype=bool)

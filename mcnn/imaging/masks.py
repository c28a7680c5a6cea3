"""Masks as PNG files in memory."""

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from mcnn.errors import UNPACK, DataError
from mcnn.imaging.decode import load_image
from mcnn.imaging.palette import encode_labels
from mcnn.label_space import IGNORE

Mask = NDArray[np.bool_]
MaskMap = NDArray[np.uint8]
"""A mask some pixels of which are unknown: 0, `FOREGROUND`, or 255."""

FOREGROUND = 1


def encode_mask(mask: Mask | MaskMap) -> bytes:
    """Encode a mask (H, W), bool or 0, 1 and 255, as a PNG.

    It is a 1-bit PNG, or where pixels are unknown one of palette indices, as in VOC.
    """
    if mask.dtype != bool and (mask == IGNORE).any():
        return encode_labels(np.ascontiguousarray(mask))
    buffer = io.BytesIO()
    Pillow.fromarray(np.ascontiguousarray(mask == FOREGROUND)).save(buffer, format="PNG")
    return buffer.getvalue()


def decode_mask(data: bytes, name: str | Path = "mask") -> Mask:
    """Decode what `encode_mask` wrote to a bool array (H, W), False where pixels are unknown.

    See `decode_mask_map` for the parameters and errors.
    """
    return np.asarray(decode_mask_map(data, name) == FOREGROUND)


def decode_mask_map(data: bytes, name: str | Path = "mask") -> MaskMap:
    """Decode what `encode_mask` wrote to uint8 (H, W): 0, 1, and 255 where pixels are unknown.

    Parameters
    ----------
    data
        The PNG.
    name
        Path to name in errors.

    Raises
    ------
    DataError
        If the data does not decode, has several channels or other values.
    """
    image = load_image(data, name)
    if len(image.getbands()) > 1:
        raise DataError(name, f"the mask is {image.mode}, not of one channel", UNPACK)
    values = np.asarray(image)
    if np.any((values > FOREGROUND) & (values != IGNORE)):
        raise DataError(name, "the mask holds values other than 0, 1 and 255", UNPACK)
    return values.astype(np.uint8)

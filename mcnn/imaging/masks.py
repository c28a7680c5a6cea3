"""Masks as 1-bit PNG files in memory."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

Mask = NDArray[np.bool_]


def encode_mask(mask: Mask) -> bytes:
    """Encode a bool array (H, W) as a 1-bit PNG."""
    buffer = io.BytesIO()
    Pillow.fromarray(np.ascontiguousarray(mask, dtype=bool)).save(buffer, format="PNG")
    return buffer.getvalue()


def decode_mask(data: bytes) -> Mask:
    """Decode a 1-bit PNG to a bool array (H, W)."""
    with Pillow.open(io.BytesIO(data)) as image:
        return np.array(image, dtype=bool)

"""Labels as PNG files with the palette of PASCAL VOC."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def encode_labels(labels: NDArray[np.uint8]) -> bytes:
    """Bytes of a PNG whose palette indices are the labels ``(H, W)``, as in VOC."""
    image = Image.fromarray(labels)
    image.putpalette(voc_palette())
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def voc_palette() -> list[int]:
    """The 256 colours of VOC's palette, as r, g, b, r, g, b, ....

    The bits of an index are dealt out to red, green and blue in turn, the lowest to the highest
    bit of each.
    """
    index = np.arange(256)
    palette = np.zeros((256, 3), int)
    for level in range(8):
        for channel in range(3):
            palette[:, channel] |= ((index >> channel) & 1) << (7 - level)
        index >>= 3
    return palette.ravel().tolist()

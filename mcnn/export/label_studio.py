"""Label Studio's code of brush strokes: https://github.com/thi-ng/umbrella, package rle-pack."""

import numpy as np

from mcnn.imaging.masks import Mask

_CHANNELS, _LENGTH_BITS = 4, 16


def encode_brush(mask: Mask) -> list[int]:
    """Run-length code of a mask as the four channels of an image, 0 and 255.

    Parameters
    ----------
    mask
        ``(H, W)`` bool.

    Returns
    -------
    Bytes: the number of values (32 bits), the bits of a value less 1 (5), four times the bits of a
    run's length less 1 (4); then for each run 1, which of the four (2), its length less 1 and its
    value.
    """
    flat = mask.ravel()
    starts = np.concatenate([[0], np.flatnonzero(np.diff(flat)) + 1])
    lengths = np.diff(np.concatenate([starts, [flat.size]])) * _CHANNELS
    bits = [f"{flat.size * _CHANNELS:032b}", f"{7:05b}", f"{_LENGTH_BITS - 1:04b}" * 4]
    longest = 2**_LENGTH_BITS
    for start, length in zip(starts.tolist(), lengths.tolist(), strict=True):
        value = f"{255 * int(flat[start]):08b}"
        for k in range(0, length, longest):
            run = min(longest, length - k)
            bits.append(f"100{run - 1:0{_LENGTH_BITS}b}{value}")
    text = "".join(bits)
    text += "0" * (-len(text) % 8)
    return np.packbits(np.frombuffer(text.encode(), np.uint8) - ord("0")).tolist()

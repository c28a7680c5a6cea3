"""Motion masks as PNG files: their names and their values."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mcnn.datasets.files import UNPACK, read_bytes
from mcnn.datasets.frames import frame_path
from mcnn.datasets.image_files import load_image
from mcnn.datasets.shots import Shot
from mcnn.errors import DataError


def mask_name(shot: Shot, index: int) -> str:
    """Name of the file of a frame's mask: ``%08d.png`` in a video file, else as the frame's."""
    stem = f"{index:08d}" if shot.source == "file" else frame_path(shot, index).stem
    return f"{stem}.png"


def read_mask_file(path: Path, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Read a mask of a frame; non-zero is foreground.

    Parameters
    ----------
    path
        PNG or another image.
    size
        Height and width of its frame.

    Raises
    ------
    DataError
        If the mask is missing, does not decode or has another size than its frame.
    """
    image = load_image(read_bytes(path), path)
    # An opaque alpha channel is no foreground.
    values = np.asarray(image.convert("RGB") if image.mode.endswith("A") else image) != 0
    mask = values.any(axis=2) if values.ndim == 3 else values
    if mask.shape != size:
        raise misfit(path, mask.shape, size)
    return mask


def misfit(path: Path, mask: tuple[int, ...], frame: tuple[int, int]) -> DataError:
    """Error of a mask whose size is not its frame's."""
    return DataError(path, f"the mask is {as_text(mask)}, its frame {as_text(frame)}", UNPACK)


def as_text(size: tuple[int, ...]) -> str:
    """Height and width as people read them.

    Examples
    --------
    >>> as_text((480, 854))
    '854x480'
    """
    return f"{size[1]}x{size[0]}"

"""Motion masks as PNG files: their names and their values."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mcnn.artefacts.shots import Shot
from mcnn.datasets.frames import frame_path, frame_paths
from mcnn.errors import UNPACK, DataError
from mcnn.files import read_bytes
from mcnn.imaging.decode import load_image


def mask_name(shot: Shot, index: int) -> str:
    """Name of the file of a frame's mask: ``%08d.png`` in a video file, else as the frame's."""
    stem = f"{index:08d}" if shot.source == "file" else frame_path(shot, index).stem
    return f"{stem}.png"


def png_paths(shot: Shot, root: Path, dataset_root: Path) -> Iterator[Path]:
    """Where the masks of a shot's frames are in the layout ``png``.

    See `mcnn.motion.ingest.ingest_motion`.
    """
    if shot.source == "file":
        folder = root / Path(shot.frames).relative_to(dataset_root).with_suffix("")
        yield from (folder / f"{index:08d}.png" for index in shot.indices)
    else:
        for path in frame_paths(shot, shot.indices):
            yield root / path.relative_to(dataset_root).with_suffix(".png")


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

"""Motion masks as PNG files: their names and their values."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mcnn.artefacts.shots import Shot
from mcnn.datasets.frames import frame_path, frame_paths
from mcnn.errors import UNPACK, DataError
from mcnn.files import read_bytes
from mcnn.imaging.decode import load_image
from mcnn.imaging.masks import FOREGROUND, MaskMap
from mcnn.label_space import IGNORE


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


def read_mask_file(
    path: Path, size: tuple[int, int], unknown: int | None = None, refuse_doubtful: bool = False
) -> MaskMap:
    """Read a mask of a frame, ``(H, W)`` uint8: 1 where it is not zero, the foreground, else 0.

    Parameters
    ----------
    path
        PNG or another image.
    size
        Height and width of its frame.
    unknown
        Value, or palette index, of unknown pixels in masks of one channel; they become 255.
    refuse_doubtful
        Whether a mask of 1, 255 and perhaps 0 alone is an error where `unknown` is None.

    Raises
    ------
    DataError
        If the mask is missing, does not decode, has another size than its frame, or is doubtful.
    """
    image = load_image(read_bytes(path), path)
    # An opaque alpha channel is no foreground.
    values = np.asarray(image.convert("RGB") if image.mode.endswith("A") else image)
    if values.shape[:2] != size:
        raise misfit(path, values.shape[:2], size)
    if values.ndim == 3:
        return np.where(values.any(axis=2), np.uint8(FOREGROUND), np.uint8(0))
    if refuse_doubtful and unknown is None and _doubtful(values):
        raise DataError(
            path,
            "the mask has pixels of 1 and of 255, which may be foreground or unknown",
            "say `motion: {unknown: 255}` for the dataset, or write all foreground as 255",
        )
    mask = np.where(values != 0, np.uint8(FOREGROUND), np.uint8(0))
    if unknown is not None:
        mask[values == unknown] = IGNORE
    return mask


def _doubtful(values: np.ndarray) -> bool:
    """Whether there are 1 and 255 and no other value but 0: labels as VOC has them."""
    if not ((values == 1).any() and (values == 255).any()):
        return False
    return not ((values > 1) & (values != 255)).any()


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

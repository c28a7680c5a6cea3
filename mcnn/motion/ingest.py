"""Precomputed motion masks on disk -> their artefact."""

from collections.abc import Iterator, Sequence
from itertools import repeat
from pathlib import Path

import cv2
import numpy as np

from mcnn.artefacts.motion import ShotMotion, encode_shot, refuse_too_many, write_motion
from mcnn.artefacts.shots import Shot
from mcnn.artefacts.skipped import OnError, Skipped, collecting
from mcnn.config.datasets import MotionMasks
from mcnn.datasets.frames import frame_path, frame_paths, frame_size
from mcnn.datasets.mask_files import as_text, misfit, png_paths, read_mask_file
from mcnn.datasets.mat import read_cells
from mcnn.errors import UNPACK, DataError
from mcnn.imaging.decode import image_size
from mcnn.imaging.masks import Mask, MaskMap

Size = tuple[int, int]


def ingest_motion(
    shots: Sequence[Shot],
    masks: MotionMasks,
    dataset_root: str | Path,
    path: str | Path,
    on_error: OnError,
) -> list[Skipped]:
    """Read the precomputed motion masks of some videos and write their artefact.

    Parameters
    ----------
    shots
        The shots.
    masks
        Format and root of the masks. ``png``: the mask of ``<dataset_root>/<path>.jpg`` is
        ``<masks.root>/<path>.png``, that of frame i of the video file
        ``<dataset_root>/<path>.mp4`` is ``<masks.root>/<path>/%08d.png`` of i; non-zero is
        foreground, but ``masks.unknown`` is unknown. ``fos_mat``: ``segmentationShot<k>.mat``
        with one mask per frame, k being `Shot.class_shot`, in ``<masks.root>/<group>`` or
        ``<masks.root>/<group>/segmentations``, the group being the class for YouTube-Objects and
        the video elsewhere, or in ``<masks.root>`` itself where that holds no folders. FOS works
        on frames of at most 400 pixels, so its masks may be smaller than the frames; they are
        enlarged.
    dataset_root
        Root of the dataset that the shots are from.
    path
        The artefact, ``motion/<dataset>/<video>.parquet``; see `write_motion`.
    on_error
        ``skip`` gives a shot whose masks are missing or broken a row with the reason.

    Returns
    -------
    list of Skipped
        The shots without masks.

    Raises
    ------
    DataError
        Under ``stop``, for the first mask at fault, and no file is written; in any case if
        ``masks.root`` is missing.
    ConfigError
        If the shots have too many frames for a file.
    """
    root = Path(masks.root or "")
    if not root.is_dir():
        raise DataError(
            root, "the folder of motion masks is missing", "correct `motion.root` of the dataset"
        )
    refuse_too_many(shots)
    skipped: list[Skipped] = []

    def ingest(shot: Shot) -> ShotMotion:
        with collecting(skipped, f"{shot.video}/{shot.shot}", on_error):
            fos = masks.format == "fos_mat"
            if masks.format == "auto":
                fos = _fos_path(shot, root).is_file()
            found: Iterator[Mask | MaskMap]
            if fos:
                found = _fos_masks(shot, root)
            else:
                found = _png_masks(shot, root, Path(dataset_root), masks.unknown)
            return encode_shot(shot.video, shot.shot, shot.indices, found)
        return ShotMotion(shot.video, shot.shot, reason=skipped[-1].reason)

    write_motion(map(ingest, shots), path)
    return skipped


def _png_masks(
    shot: Shot, root: Path, dataset_root: Path, unknown: int | None
) -> Iterator[MaskMap]:
    for path, size in zip(png_paths(shot, root, dataset_root), _sizes(shot), strict=False):
        yield read_mask_file(path, size, unknown, refuse_doubtful=True)


def _fos_masks(shot: Shot, root: Path) -> Iterator[Mask]:
    path = _fos_path(shot, root)
    sizes = list(_sizes(shot))
    count = 0
    for cell in read_cells(path, "segmentation"):
        count += 1
        if count > shot.length:
            raise _miscount(path, f"more than {shot.length}", shot)
        if cell.ndim != 2 or cell.dtype.kind not in "biuf":
            raise DataError(path, f"cell {count} of 'segmentation' is no mask", UNPACK)
        yield _enlarged(cell != 0, sizes[count - 1], path)
    if count < shot.length:
        raise _miscount(path, str(count), shot)


def _fos_path(shot: Shot, root: Path) -> Path:
    name = f"segmentationShot{shot.class_shot}.mat"
    group = shot.video
    if shot.source == "numbered":
        folder = frame_path(shot, shot.first).parent.name
        group = folder if folder in shot.tags else group
    if not any(entry.is_dir() for entry in root.iterdir()):
        return root / name
    nested = root / group / "segmentations" / name
    return nested if nested.is_file() else root / group / name


def _enlarged(mask: np.ndarray, size: Size, path: Path) -> np.ndarray:
    """A mask at the size of its frame, which must have the same sides' ratio within a pixel."""
    if mask.shape == size:
        return mask
    (mask_height, mask_width), (height, width) = mask.shape, size
    smaller = 0 < mask_height <= height and 0 < mask_width <= width
    if (
        not smaller
        or min(
            abs(height * mask_width / width - mask_height),
            abs(width * mask_height / height - mask_width),
        )
        > 1
    ):
        raise misfit(path, mask.shape, size)
    enlarged = cv2.resize(
        mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST_EXACT
    )
    return enlarged.astype(bool)


def _sizes(shot: Shot) -> Iterator[Size]:
    """Size of each frame; the frames of a shot must agree."""
    if shot.source == "file":
        yield from repeat(frame_size(shot, shot.first), shot.length)
        return
    first: Size | None = None
    for path in frame_paths(shot, shot.indices):
        size = image_size(path)
        first = first or size
        if size != first:
            problem = f"the frame is {as_text(size)}, the first of its shot {as_text(first)}"
            raise DataError(path, problem, UNPACK)
        yield size


def _miscount(path: Path, count: str, shot: Shot) -> DataError:
    return DataError(
        path, f"it holds {count} masks, shot {shot.class_shot} has {shot.length} frames", UNPACK
    )

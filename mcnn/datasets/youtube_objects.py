"""YouTube-Objects v2.2: one folder of numbered frames per class, shots in MATLAB files."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mcnn.artefacts.shots import Shot
from mcnn.artefacts.skipped import OnError, Skipped, collecting
from mcnn.datasets.files import scan_names
from mcnn.datasets.mat import read_matrix
from mcnn.errors import UNPACK, DataError
from mcnn.label_space import YOUTUBE_OBJECTS_CLASSES

_FRAME = re.compile(r"[0-9]{8}\.jpg")
_LAST_FRAME = 99_999_999


def read_manifest(
    root: Path, classes: Sequence[str], on_error: OnError
) -> tuple[list[Shot], list[Skipped]]:
    """Shots of YouTube-Objects, in the order of the classes and of their ranges files.

    Parameters
    ----------
    root
        Folder with ``<class>/%08d.jpg`` (or ``videos/<class>/%08d.jpg``) and
        ``Ranges/ranges_<class>.mat``.
    classes
        Classes to read. One that is not of the dataset's ten and has no files has no videos.
    on_error
        ``skip`` leaves out shots that lack frames, and classes that lack frames or ranges.

    Returns
    -------
    shots, skipped
        A frame may lie in two shots, as frame 38465 of horse does in the release.

    Raises
    ------
    DataError
        Under ``stop``, for the first thing that is missing.
    """
    shots: list[Shot] = []
    skipped: list[Skipped] = []
    for name in classes:
        folder = _frame_folder(root, name)
        ranges_path = root / "Ranges" / f"ranges_{name}.mat"
        foreign = name not in YOUTUBE_OBJECTS_CLASSES
        if foreign and not folder.is_dir() and not ranges_path.is_file():
            continue
        with collecting(skipped, name, on_error):
            ranges = _read_ranges(ranges_path)
            frames = _frame_numbers(folder)
            for shot in _shots_of_class(name, folder, ranges):
                with collecting(skipped, f"{shot.video}/{shot.shot}", on_error):
                    _check_frames(shot, frames)
                    shots.append(shot)
    return shots, skipped


def _frame_folder(root: Path, name: str) -> Path:
    below = root / "videos" / name
    return below if below.is_dir() and not (root / name).is_dir() else root / name


def _read_ranges(path: Path) -> np.ndarray:
    ranges = read_matrix(path, "ranges")
    if ranges.ndim != 2 or ranges.shape[0] != 3:
        raise DataError(path, f"'ranges' has shape {ranges.shape}, expected 3 x shots", UNPACK)
    numeric = ranges.dtype.kind in "iuf"
    if not numeric or not np.all((ranges >= 0) & (ranges <= _LAST_FRAME) & (ranges % 1 == 0)):
        raise DataError(path, "'ranges' holds something else than frame numbers", UNPACK)
    return ranges.astype(np.int64)


def _frame_numbers(folder: Path) -> np.ndarray:
    """Sorted frame numbers of a class, listed once: there are up to 120,000 files."""
    numbers = [int(name[:8]) for name in scan_names(folder) if _FRAME.fullmatch(name)]
    if not numbers:
        raise DataError(folder, "the folder holds no frames named like 00000001.jpg", UNPACK)
    return np.sort(np.array(numbers, dtype=np.int64))


def _shots_of_class(name: str, folder: Path, ranges: np.ndarray) -> list[Shot]:
    pattern = f"{folder}".replace("%", "%%") + "/%08d.jpg"
    seen: dict[int, int] = {}
    shots = []
    for number, (first, last, video) in enumerate(ranges.T.tolist(), start=1):
        index = seen.get(video, 0)
        seen[video] = index + 1
        shots.append(
            Shot(f"{name}-{video:04d}", index, first, last, (name,), "numbered", pattern, number)
        )
    return shots


def _check_frames(shot: Shot, frames: np.ndarray) -> None:
    where = f"shot {shot.class_shot} of {shot.tags[0]}, frames {shot.first} to {shot.last},"
    if shot.length < 1:
        folder = Path(shot.frames % shot.first).parent
        raise DataError(folder, f"{where} ends before it begins", UNPACK)
    if shot.last > frames[-1]:
        path = shot.frames % shot.last
        raise DataError(path, f"{where} runs past the last frame, {frames[-1]:08d}.jpg", UNPACK)
    low, high = np.searchsorted(frames, [shot.first, shot.last + 1])
    missing = shot.length - int(high - low)
    if missing:
        present = frames[low:high] == shot.first + np.arange(high - low)
        path = shot.frames % (shot.first + int(np.append(present, False).argmin()))
        raise DataError(path, f"{where} lacks {missing} frames, the first being this", UNPACK)

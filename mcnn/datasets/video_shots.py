"""The shots of one video of a folder of videos, and the table that keeps them."""

import csv
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Literal

from mcnn.datasets.files import UNPACK
from mcnn.datasets.image_files import list_images
from mcnn.datasets.shot_detection import detect_shots
from mcnn.datasets.shots import Shot
from mcnn.datasets.skipped import OnError, Skipped, collecting
from mcnn.datasets.video_files import count_frames
from mcnn.errors import DataError
from mcnn.files import atomic

COLUMNS = ["first", "last", "reason"]


def split_video(path: Path, shots: Literal["detect", "whole"]) -> list[tuple[int, int]]:
    """First and last frame of each shot of a video file or a folder of frames.

    Parameters
    ----------
    path
        File or folder.
    shots
        ``detect``: split at shot boundaries; ``whole``: the video is one shot.

    Raises
    ------
    DataError
        If nothing decodes, or frames are missing in the folder.

    See Also
    --------
    mcnn.datasets.shot_detection.detect_shots
    """
    count = _check_folder(path) if path.is_dir() else 0
    if shots == "detect":
        return detect_shots(path)
    return [(0, (count or count_frames(path)) - 1)]


def shots_of_video(path: Path, shots: Literal["detect", "whole"]) -> list[Shot]:
    """Shots without tags of a video file or a folder of frames; see `split_video`."""
    kind: Literal["folder", "file"] = "folder" if path.is_dir() else "file"
    return [
        Shot(path.stem, number, first, last, (), kind, str(path), number + 1)
        for number, (first, last) in enumerate(split_video(path, shots))
    ]


def write_split(
    path: Path, shots: Literal["detect", "whole"], table: Path, on_error: OnError
) -> None:
    """Split a video and write a CSV with a row per shot: ``first,last``.

    Parameters
    ----------
    path, shots
        As for `split_video`.
    table
        The CSV.
    on_error
        ``skip``: for a video that cannot be read, there is a single row with the `reason`.

    Raises
    ------
    DataError
        Under ``stop``, as `split_video`; no table is written.
    """
    rows: list[tuple[int, int] | tuple[None, None, str]] = []
    skipped: list[Skipped] = []
    with collecting(skipped, path.name, on_error):
        rows += split_video(path, shots)
    rows += [(None, None, entry.reason) for entry in skipped]
    with atomic(table) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows((*row, "")[:3] for row in rows)


def read_split(table: Path) -> list[tuple[int, int]] | str:
    """Shots of a video, or the reason why it cannot be read.

    Raises
    ------
    DataError
        If the table is missing or broken.
    """
    try:
        with table.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            if row["reason"]:
                return row["reason"]
        return [(int(row["first"]), int(row["last"])) for row in rows]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise DataError(
            table, f"this is no table of shots ({error})", "remove it and run again"
        ) from error


def _check_folder(folder: Path) -> int:
    """Number of frames in a folder; numbered frames must come at even steps."""
    stems = [Path(name).stem for name in list_images(folder)]
    if not stems:
        raise DataError(folder, "the folder of frames holds no images", UNPACK)
    twice = [stem for stem, count in Counter(stems).items() if count > 1]
    if twice:
        raise DataError(folder, f"there are two images of the name {twice[0]!r}", "keep one")
    if all(stem.isdecimal() for stem in stems):
        steps = [(int(b) - int(a), a) for a, b in pairwise(stems)]
        usual = Counter(step for step, _ in steps).most_common(1)[0][0] if steps else 1
        for step, before in steps:
            if step != usual:
                problem = f"the frame {int(before) + usual} after {before} is missing"
                raise DataError(folder, problem, f"renumber the frames, or {UNPACK}")
    return len(stems)

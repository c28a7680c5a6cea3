"""The shots of one video file or folder of frames."""

from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Literal

from mcnn.artefacts.shots import Shot
from mcnn.artefacts.skipped import OnError, Skipped, collecting
from mcnn.datasets.files import list_images
from mcnn.datasets.shot_detection import detect_shots
from mcnn.datasets.video_files import count_frames
from mcnn.errors import UNPACK, DataError
from mcnn.files import refuse_foreign_name


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
        If nothing decodes, frames are missing in the folder, or a name is not UTF-8.

    See Also
    --------
    mcnn.datasets.shot_detection.detect_shots
    """
    refuse_foreign_name(path)
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


def split_or_reason(
    path: Path, shots: Literal["detect", "whole"], on_error: OnError
) -> list[tuple[int, int]] | str:
    """As `split_video`; under ``skip``, why it cannot be read takes the place of an error."""
    skipped: list[Skipped] = []
    with collecting(skipped, path.name, on_error):
        return split_video(path, shots)
    return skipped[0].reason


def _check_folder(folder: Path) -> int:
    """Number of frames in a folder; numbered frames must come at even steps."""
    names = list_images(folder)
    for name in names:
        refuse_foreign_name(folder / name)
    stems = [Path(name).stem for name in names]
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

"""One manifest for every layout of videos."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mcnn.artefacts.shots import Shot
from mcnn.artefacts.skipped import OnError, Skipped, collecting
from mcnn.config.datasets import VideoDataset
from mcnn.datasets import imagenet_vid, video_folder, youtube_objects, youtube_objects_v1
from mcnn.errors import DataError, did_you_mean
from mcnn.label_space import YOUTUBE_OBJECTS_CLASSES

READERS: dict[str, Callable[..., tuple[list[Shot], list[Skipped]]]] = {
    "youtube_objects": youtube_objects.read_manifest,
    "youtube_objects_v1": youtube_objects_v1.read_manifest,
    "imagenet_vid": imagenet_vid.read_manifest,
    "video_folder": video_folder.read_manifest,
}
_NAME = re.compile(r"[A-Za-z0-9_.-]+")


def build_manifest(
    dataset: VideoDataset,
    classes: Sequence[str],
    on_error: OnError,
    splits: Mapping[str, Path] | None = None,
) -> tuple[list[Shot], list[Skipped]]:
    """List the shots of a dataset; nothing is decoded but one's own videos, to split them.

    Parameters
    ----------
    dataset
        Format and root of the dataset.
    classes
        The object classes. Shots have at least one of them, and no other tag.
    on_error
        ``skip`` leaves out what is broken.
    splits
        Tables of `mcnn.artefacts.splits.write_split` by the video's name, where they are
        there already; only for ``video_folder``.

    Returns
    -------
    shots
        With unique pairs of video and shot.
    skipped
        What was left out, with the reasons; empty under ``stop``.

    Raises
    ------
    DataError
        Under ``stop``, for the first thing at fault; in any case if the folder is missing or no
        shot is left.

    Examples
    --------
    >>> shots, skipped = build_manifest(dataset, ["dog", "horse"], "skip")  # doctest: +SKIP
    >>> write_shots(shots, "shots.parquet")  # doctest: +SKIP
    """
    root = Path(dataset.root)
    if not root.is_dir():
        raise DataError(root, "the folder of the dataset is missing", "correct its `root`")
    more = (dataset.shots, splits) if dataset.format == "video_folder" else ()
    shots, skipped = READERS[dataset.format](root, classes, on_error, *more)
    if not shots:
        first = f"; the first reason: {skipped[0].reason}" if skipped else ""
        raise DataError(
            root,
            f"no shot of the classes is left, {len(skipped)} things were skipped{first}",
            f"check that it is in the layout {dataset.format} of docs/layouts.md",
        )
    _check_names(shots, root)
    for name in classes:
        with collecting(skipped, name, on_error):
            _refuse_typo(name, classes, shots, root)
    return shots, skipped


def _refuse_typo(name: str, classes: Sequence[str], shots: Sequence[Shot], root: Path) -> None:
    """A class without shots may be missing in a dataset; not so one that is nearly another."""
    others = [other for other in YOUTUBE_OBJECTS_CLASSES if other not in classes]
    close = did_you_mean(name, others)
    if close and name not in YOUTUBE_OBJECTS_CLASSES and not any(name in s.tags for s in shots):
        raise DataError(root, f"it has no shot of the class {name!r}{close}", "correct `classes`")


def _check_names(shots: Sequence[Shot], root: Path) -> None:
    seen: set[tuple[str, int]] = set()
    for shot in shots:
        key = (shot.video.casefold(), shot.shot)
        if key in seen or not _NAME.fullmatch(shot.video):
            raise DataError(
                root,
                f"the name {shot.video!r} of a video is taken or unsafe in file names",
                "rename the class or the video",
            )
        seen.add(key)

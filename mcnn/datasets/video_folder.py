"""Your own videos: files or folders of frames, below a folder per class."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from mcnn.artefacts.shots import Shot
from mcnn.artefacts.skipped import OnError, Skipped, collecting
from mcnn.artefacts.splits import read_split
from mcnn.datasets.video_listing import list_videos
from mcnn.datasets.video_shots import split_video


def read_manifest(
    root: Path,
    classes: Sequence[str],
    on_error: OnError,
    shots: Literal["detect", "whole"] = "detect",
    splits: Mapping[str, Path] | None = None,
) -> tuple[list[Shot], list[Skipped]]:
    """Shots of one's own videos.

    Parameters
    ----------
    root
        Folder with ``<class>/<video>.{mp4,avi,mov,mkv,webm}`` and folders of frames
        ``<class>/<video>/``. An optional ``videos.csv`` (columns ``path``, relative to `root`,
        and ``tags``, separated by spaces) overrides the tags of the videos it lists.
    classes
        The classes that tags may be.
    on_error
        ``skip`` leaves out videos that do not decode, lack frames or have other tags.
    shots
        ``detect``: videos are split at shot boundaries; ``whole``: each is one shot.
    splits
        Tables of `write_split` by the video's name; other videos are split on the spot.

    Returns
    -------
    shots, skipped
        A video is called by its path without the suffix, ``dog-clip`` for ``dog/clip.mp4``.

    Raises
    ------
    DataError
        Under ``stop``, for the first video at fault; in any case if `root` cannot be read or
        ``videos.csv`` is no such table.
    """
    found: list[Shot] = []
    videos, skipped = list_videos(root, classes, on_error)
    for name, (path, tags) in videos.items():
        with collecting(skipped, path.relative_to(root).as_posix(), on_error):
            split = read_split(splits[name]) if splits and name in splits else None
            if isinstance(split, str):
                skipped.append(Skipped(path.relative_to(root).as_posix(), split))
                continue
            source: Literal["folder", "file"] = "folder" if path.is_dir() else "file"
            found += [
                Shot(name, index, first, last, tags, source, str(path), index + 1)
                for index, (first, last) in enumerate(split or split_video(path, shots))
            ]
    return found, skipped

"""One's own videos as the workflow sees them: a job for each, before any manifest is there."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from mcnn.config.datasets import VideoDataset
from mcnn.datasets.video_listing import Videos, list_videos
from mcnn.errors import DataError


def own_videos(dataset: VideoDataset, classes: Sequence[str]) -> Videos:
    """Path and tags of each video by its name; of layouts other than video_folder none.

    Empty where the folder cannot be read: the manifest tells what is wrong with it.
    """
    if dataset.format != "video_folder":
        return {}
    return _listed(dataset.root, tuple(classes))


@cache
def _listed(root: str, classes: tuple[str, ...]) -> Videos:
    try:
        return list_videos(Path(root), classes, "skip")[0]
    except DataError:
        return {}

"""Which videos a job localizes, and which of their frames."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

import pandas as pd

from mcnn.artefacts.shots import Shot, videos_of


class VideoGroups:
    """The videos of a manifest in the groups that jobs localize together.

    Parameters
    ----------
    videos
        Shots of each video, of `mcnn.artefacts.shots.videos_of`.
    videos_per_job
        Videos of a group.
    """

    def __init__(self, videos: Mapping[str, list[Shot]], videos_per_job: int) -> None:
        self._shots, self._size = list(videos.values()), videos_per_job
        self._positions = {video: k for k, video in enumerate(videos)}

    def shots_from(self, first: str) -> list[Shot]:
        """Shots of the group from the video `first` on, in time that depends on them alone."""
        start = self._positions[first]
        return list(chain.from_iterable(self._shots[start : start + self._size]))


def videos_of_job(shots: Iterable[Shot], first: str, videos_per_job: int) -> list[Shot]:
    """Shots of the videos that are localized together, those from the video `first` on."""
    return VideoGroups(videos_of(shots), videos_per_job).shots_from(first)


def frames_to_localize(
    shots: Sequence[Shot], annotations: pd.DataFrame | None
) -> list[tuple[Shot, Sequence[int]]]:
    """Shots and the numbers of their frames, ascending; shots without any are left out.

    Parameters
    ----------
    shots
        The shots of some videos.
    annotations
        The ground truth; only the numbers of its frames count. None: all frames are localized.
    """
    if annotations is None:
        return [(shot, shot.indices) for shot in shots]
    groups = annotations.groupby(["video", "shot"])["frame"]
    numbers = {key: sorted(set(frames)) for key, frames in groups}
    chosen = [(shot, numbers.get((shot.video, shot.shot), [])) for shot in shots]
    return [(shot, frames) for shot, frames in chosen if frames]

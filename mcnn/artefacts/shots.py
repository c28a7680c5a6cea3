"""A shot, and the manifest that lists the shots of a dataset."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from mcnn.artefacts.base import broken, read_parquet
from mcnn.files import atomic

SCHEMA = pa.schema(
    [
        ("video", pa.string()),
        ("shot", pa.int32()),
        ("first", pa.int32()),
        ("last", pa.int32()),
        ("tags", pa.list_(pa.string())),
        ("source", pa.string()),
        ("frames", pa.string()),
        ("class_shot", pa.int32()),
    ]
)


@dataclass(frozen=True, slots=True)
class Shot:
    """A contiguous piece of a video.

    Parameters
    ----------
    video
        Name of the video, unique in its dataset, of the characters ``A-Za-z0-9_.-``.
    shot
        Index of the shot in its video, from 0.
    first, last
        First and last frame, both part of the shot, in the numbering of the source.
    tags
        Classes of the shot, in the order of the run's classes.
    source
        ``numbered``: `frames` is a printf pattern of image files (a literal ``%`` is doubled);
        ``folder``: a folder whose images in natural order are frames 0, 1, ...;
        ``file``: a video file whose decoded frames are 0, 1, ...
    frames
        Pattern, folder or file.
    class_shot
        Number of the shot from 1 in the numbering that FOS's result files use: among the shots
        of its class in YouTube-Objects, elsewhere in its video.

    Examples
    --------
    >>> shot = Shot("horse-0003", 0, 100, 149, ("horse",), "numbered", "horse/%08d.jpg", 12)
    >>> shot.length
    50
    """

    video: str
    shot: int
    first: int
    last: int
    tags: tuple[str, ...]
    source: Literal["numbered", "folder", "file"]
    frames: str
    class_shot: int

    @property
    def length(self) -> int:
        """Number of frames."""
        return self.last - self.first + 1

    @property
    def indices(self) -> range:
        """Numbers of the frames, in the numbering of the source."""
        return range(self.first, self.last + 1)

    def is_sound(self) -> bool:
        """Whether frames can be looked up: their numbers ascend, and the pattern takes one."""
        if self.source == "numbered":
            try:
                self.frames % self.first
            except (TypeError, ValueError):
                return False
        known = self.source in ("numbered", "folder", "file")
        return known and 0 <= self.first <= self.last and "\0" not in self.frames


def write_shots(shots: Sequence[Shot], path: str | Path) -> None:
    """Write a manifest: a row a shot, the columns are the fields of `Shot`."""
    table = pa.Table.from_pylist([asdict(shot) for shot in shots], schema=SCHEMA)
    with atomic(path) as temporary:
        pq.write_table(table, temporary)


def read_shots(path: str | Path, video: str | None = None) -> list[Shot]:
    """Read a manifest in the order it was written.

    Parameters
    ----------
    path
        The manifest.
    video
        Read the shots of this video alone, which takes a fraction of the time and memory of
        reading all; none if there is no such video.

    Raises
    ------
    DataError
        If the file is missing or no manifest.
    """
    wanted = None if video is None else [("video", "==", video)]
    rows = read_parquet(path, SCHEMA, "a manifest of shots", filters=wanted).to_pylist()
    shots = [Shot(**{**row, "tags": tuple(row["tags"])}) for row in rows]
    for shot in shots:
        if not shot.is_sound():
            raise broken(path, "a manifest of shots", f"shot {shot.shot} of {shot.video} is none")
    return shots


def digest_of_shots(shots: Iterable[Shot]) -> str:
    """Digest of all that a manifest says of some shots."""
    lines = "\n".join(repr(shot) for shot in shots)
    return hashlib.sha256(lines.encode()).hexdigest()[:16]


def videos_of(shots: Iterable[Shot]) -> dict[str, list[Shot]]:
    """Shots by their video, in the order of the manifest."""
    videos: dict[str, list[Shot]] = {}
    for shot in shots:
        videos.setdefault(shot.video, []).append(shot)
    return videos


class VideoGroups:
    """The videos of a manifest in the groups that are the work of a job.

    Parameters
    ----------
    videos
        Shots of each video, of `videos_of`.
    videos_per_job
        Videos of a group.
    """

    def __init__(self, videos: Mapping[str, list[Shot]], videos_per_job: int) -> None:
        self._shots, self._size = list(videos.values()), videos_per_job
        self._positions = {video: k for k, video in enumerate(videos)}

    def firsts(self) -> list[str]:
        """The first video of each group, after which its job is called."""
        return list(self._positions)[:: self._size]

    def shots_from(self, first: str) -> list[Shot]:
        """Shots of the group from the video `first` on, in time that depends on them alone."""
        start = self._positions[first]
        return list(chain.from_iterable(self._shots[start : start + self._size]))


def read_shots_of_job(path: str | Path, first: str, videos_per_job: int) -> list[Shot]:
    """Shots of the group of videos from the video `first` on; see `read_shots`."""
    if videos_per_job == 1:
        return read_shots(path, first)
    return VideoGroups(videos_of(read_shots(path)), videos_per_job).shots_from(first)

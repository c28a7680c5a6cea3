"""The artefact of motion segmentation: a parquet file per job, a row per frame."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mcnn.artefacts.base import MOST_ROWS, broken, read_parquet
from mcnn.artefacts.shots import Shot
from mcnn.errors import ConfigError
from mcnn.files import atomic
from mcnn.imaging.masks import FOREGROUND, Mask, MaskMap, decode_mask_map, encode_mask

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = pa.schema(
    [
        ("video", pa.string()),
        ("shot", pa.int32()),
        ("frame", pa.int32()),
        ("mask", pa.binary()),
        ("area", pa.float64()),
        ("reason", pa.string()),
        ("fallbacks", pa.int32()),
        ("confidence", pa.float64()),
    ]
)
WHAT = "an artefact of motion masks"
_NULLABLE = ("frame", "mask", "area", "reason", "confidence")


@dataclass(frozen=True, slots=True)
class ShotMotion:
    """Encoded motion masks of a shot, or the reason why it has none.

    Parameters
    ----------
    video, shot
        Name of the video, and index of the shot in it.
    frames
        Frame numbers in the numbering of the source.
    masks
        A PNG per frame, see `mcnn.imaging.masks.encode_mask`.
    areas
        Share of each frame that is foreground, in [0, 1].
    reason
        Why there are no masks, or no foreground in any of them; None where there is.
    fallbacks
        Windows of the shot in which the labelling collapsed and the location alone decided; 0
        where the masks were read from files.
    confidences
        J that is to be expected of each mask, in [0, 1]; empty where the masks were read.
    """

    video: str
    shot: int
    frames: tuple[int, ...] = ()
    masks: tuple[bytes, ...] = ()
    areas: tuple[float, ...] = ()
    reason: str | None = None
    fallbacks: int = 0
    confidences: tuple[float, ...] = ()


def encode_shot(
    video: str,
    shot: int,
    frames: Sequence[int],
    masks: Iterable[Mask | MaskMap],
    reason: str | None = None,
    fallbacks: int = 0,
    confidences: Sequence[float] = (),
) -> ShotMotion:
    """Encode the masks of a shot one after the other.

    Parameters
    ----------
    video, shot, frames
        See `ShotMotion`.
    masks
        As many arrays (H, W), bool, or uint8 of 0, 1 and 255 where pixels are unknown.
    reason
        Why there is no foreground in any of them.
    fallbacks, confidences
        See `ShotMotion`.
    """
    encoded, areas = [], []
    for mask in masks:
        encoded.append(encode_mask(mask))
        areas.append(float((mask == FOREGROUND).mean()))
    if len(encoded) != len(frames):
        raise ValueError(f"{len(encoded)} masks for {len(frames)} frames")
    return ShotMotion(
        *(video, shot, tuple(frames), tuple(encoded), tuple(areas)),
        *(reason, fallbacks, tuple(confidences)),
    )


def refuse_too_many(shots: Iterable[Shot]) -> None:
    """Refuse shots whose masks would make a file too large to be read, before hours of work.

    Raises
    ------
    ConfigError
        If they have more than `MOST_ROWS` frames.
    """
    frames = sum(shot.length for shot in shots)
    if frames > MOST_ROWS:
        raise ConfigError(
            f"motion.videos_per_job: the videos of a job have {frames:,} frames, its file has room "
            f"for {MOST_ROWS:,}; let fewer share a job, or cut longer videos"
        )


def write_motion(shots: Iterable[ShotMotion], path: str | Path) -> None:
    """Write motion masks, a row group a shot; memory is bounded by a shot.

    Parameters
    ----------
    shots
        Shots of some videos in any order; a generator is consumed as the file is written. If it
        raises, no file is left.
    path
        The parquet file. Columns: video, shot, frame, mask (PNG), area, reason, fallbacks,
        confidence (see `ShotMotion`). A shot without masks has one row, where frame, mask and area
        are null; the rows of one without foreground have its reason.
    """
    with atomic(path) as temporary, pq.ParquetWriter(temporary, SCHEMA) as writer:
        for shot in shots:
            writer.write_table(_table(shot))


def read_areas(path: str | Path) -> "pd.DataFrame":
    """Everything but the masks: columns video, shot, frame (nullable), area, reason, fallbacks,
    confidence.

    Raises
    ------
    DataError
        If the file is missing or no such artefact.
    """
    columns = [name for name in SCHEMA.names if name != "mask"]
    frame = read_parquet(path, SCHEMA, WHAT, columns, _NULLABLE).to_pandas()
    return frame.assign(frame=frame["frame"].astype("Int64"))


def files_of_videos(paths: Iterable[str | Path]) -> dict[str, Path]:
    """The artefact that each video is in.

    Raises
    ------
    DataError
        If a file is missing or no such artefact.
    """
    found: dict[str, Path] = {}
    for path in map(Path, paths):
        table = read_parquet(path, SCHEMA, WHAT, ["video"])
        found.update(dict.fromkeys(table["video"].unique().to_pylist(), path))
    return found


def read_masks(path: str | Path, video: str, shot: int, frames: Sequence[int]) -> MaskMap:
    """Masks of some frames of a shot.

    Parameters
    ----------
    path
        The artefact that the video is in.
    video, shot
        Name of the video, and index of the shot in it.
    frames
        Frame numbers, in any order.

    Returns
    -------
    ndarray, uint8, shape (T, H, W)
        0, 1, and 255 where pixels are unknown, in the order of `frames`.

    Raises
    ------
    DataError
        If the file is missing or lacks one of the masks, or they differ in size.
    """
    wanted = [("video", "==", video), ("shot", "==", shot), ("frame", "in", list(frames))]
    table = read_parquet(path, SCHEMA, WHAT, ["frame", "mask"], _NULLABLE, filters=wanted)
    found = dict(zip(table["frame"].to_pylist(), table["mask"].to_pylist(), strict=True))
    missing = [frame for frame in frames if found.get(frame) is None]
    if missing:
        raise broken(path, WHAT, f"the mask of frame {missing[0]} of {video}/{shot} is missing")
    masks = [decode_mask_map(found[frame], path) for frame in frames]
    if len({mask.shape for mask in masks}) > 1:
        raise broken(path, WHAT, f"the masks of {video}/{shot} differ in size")
    return np.stack(masks)


def _table(shot: ShotMotion) -> pa.Table:
    rows = max(len(shot.frames), 1)
    failed = not shot.frames
    columns = {
        "video": [shot.video] * rows,
        "shot": [shot.shot] * rows,
        "frame": [None] if failed else shot.frames,
        "mask": [None] if failed else shot.masks,
        "area": [None] if failed else shot.areas,
        "reason": [shot.reason] * rows,
        "fallbacks": [shot.fallbacks] * rows,
        "confidence": shot.confidences or [None] * rows,
    }
    return pa.table(columns, schema=SCHEMA)

"""Sampling the frames of pruned shots (paper, section 4.2)."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from mcnn.artefacts.motion import read_areas, read_masks
from mcnn.artefacts.pruned import kept_runs, read_pruned
from mcnn.artefacts.samples import writing_samples
from mcnn.artefacts.shots import Shot
from mcnn.artefacts.skipped import OnError, Skipped, collecting
from mcnn.datasets.frames import FrameReader
from mcnn.errors import DataError
from mcnn.imaging.masks import MaskMap, encode_mask
from mcnn.imaging.resize import reduced_size
from mcnn.progress import track


def sample_positions(first: int, last: int, n_frames: int) -> list[int]:
    """Frames spread uniformly over a run, its first and last among them.

    Examples
    --------
    >>> sample_positions(1, 20, 10)
    [1, 3, 5, 7, 9, 12, 14, 16, 18, 20]
    """
    return [int(frame) for frame in np.linspace(first, last, n_frames).round()]


def sample_shots(
    shots: Iterable[Shot],
    pruned: Path,
    masks: Mapping[str, Path],
    output: Path,
    frames_per_sample: int,
    longer_side: int | None,
    on_error: OnError,
) -> list[Skipped]:
    """Sample the kept run of every pruned shot and write a row group for each.

    Parameters
    ----------
    shots
        The manifest.
    pruned
        CSV of the pruned shots.
    masks
        Artefact of motion masks that each video is in, of `files_of_videos`.
    output
        Parquet file; it appears only when it is complete.
    frames_per_sample
        Frames of each kept run.
    longer_side
        Larger frames are reduced to it, in pixels; None: none is.
    on_error
        skip leaves out shots that cannot be read.

    Returns
    -------
    The shots left out.

    Raises
    ------
    DataError
        If a frame or mask cannot be read under `stop`, or if no shot is left.
    """
    runs = kept_runs(read_pruned(pruned))
    kept = [shot for shot in shots if (shot.video, shot.shot) in runs]
    skipped: list[Skipped] = []
    areas = lru_cache(maxsize=1)(read_areas)
    with writing_samples(output) as samples, FrameReader() as reader:
        for shot in track(kept, len(kept), "sampling frames"):
            frames = sample_positions(*runs[shot.video, shot.shot], frames_per_sample)
            with collecting(skipped, f"{shot.video}/{shot.shot}", on_error):
                images = list(reader.encoded(shot, frames, longer_side))
                moving = read_masks(masks[shot.video], shot.video, shot.shot, frames)
                encoded = [encode_mask(_reduced(mask, longer_side)) for mask in moving]
                confidences = _confidences(areas(masks[shot.video]), shot, frames)
                samples.write(
                    *(shot.video, shot.shot, shot.tags, frames, images, encoded, confidences)
                )
        if len(skipped) == len(kept):
            raise DataError(
                pruned,
                f"no shot is left to sample: of {len(kept)} kept ones all were unreadable",
                "see the reasons there, and check the motion masks and the section `shots`",
            )
    return skipped


def _confidences(areas: pd.DataFrame, shot: Shot, frames: list[int]) -> list[float | None]:
    of_shot = areas[(areas["video"] == shot.video) & (areas["shot"] == shot.shot)]
    known = of_shot.set_index("frame")["confidence"].loc[frames]
    return [None if np.isnan(value) else float(value) for value in known]


def _reduced(mask: MaskMap, longer_side: int | None) -> MaskMap:
    if longer_side is None:
        return mask
    height, width = mask.shape
    size = reduced_size(height, width, longer_side)
    nearest = cv2.resize(mask, size[::-1], interpolation=cv2.INTER_NEAREST_EXACT)
    return np.asarray(nearest)

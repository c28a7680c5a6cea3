"""Pruning of shots without usable motion (paper, section 4.2, "Motion segmentation")."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from mcnn.artefacts.pruned import NO_FOREGROUND, NO_MASKS, pruned_table
from mcnn.artefacts.shots import Shot
from mcnn.config.shots import Pruning


def longest_run(usable: ArrayLike) -> tuple[int, int]:
    """Start and end (exclusive) of the longest run of True; of the first one among equals.

    Examples
    --------
    >>> longest_run([True, False, True, True])
    (2, 4)
    >>> longest_run([False])
    (0, 0)
    """
    padded = np.concatenate([[False], np.asarray(usable, bool), [False]])
    starts, stops = np.flatnonzero(padded[1:] != padded[:-1]).reshape(-1, 2).T
    if not starts.size:
        return 0, 0
    longest = int(np.argmax(stops - starts))
    return int(starts[longest]), int(stops[longest])


def usable_frames(
    area: ArrayLike, settings: Pruning, confidence: ArrayLike | None = None
) -> np.ndarray:
    """Frames whose foreground and confidence lie within the bounds, these included.

    Parameters
    ----------
    area
        ``(N,)``, foreground of each frame as a share of the frame.
    settings
        The section `shots`.
    confidence
        ``(N,)``, NaN where it is not known.
    """
    area = np.asarray(area, float)
    usable = (area >= settings.min_foreground) & (area <= settings.max_foreground)
    if confidence is None:
        return usable
    return usable & ~(np.asarray(confidence, float) < settings.min_confidence)


def prune_shot(
    area: ArrayLike, settings: Pruning, confidence: ArrayLike | None = None
) -> tuple[int, int, str]:
    """Run of frames to keep of a shot, and why not if there is none.

    Parameters
    ----------
    area
        ``(N,)``, foreground of each frame as a share of the frame.
    settings
        The section `shots`.
    confidence
        See `usable_frames`.

    Returns
    -------
    start, stop
        The kept run as a half-open range of positions in `area`; empty if the shot is dropped.
    reason
        Empty if the shot is kept.
    """
    area = np.asarray(area, float)
    if area.size < settings.min_frames:
        return 0, 0, f"shorter than {settings.min_frames} frames ({area.size})"
    start, stop = longest_run(usable_frames(area, settings, confidence))
    if stop - start >= settings.min_frames:
        return start, stop, ""
    little = int((area < settings.min_foreground).sum())
    much = int((area > settings.max_foreground).sum())
    unsure = 0
    if confidence is not None:
        unsure = int((np.asarray(confidence, float) < settings.min_confidence).sum())
    doubt = f", {unsure} less sure than {settings.min_confidence:g}" if unsure else ""
    reason = (
        f"no {settings.min_frames} contiguous frames with foreground between "
        f"{settings.min_foreground:.1%} and {settings.max_foreground:.0%} "
        f"(longest run {stop - start}; {little} frames below, {much} above{doubt}, of {area.size})"
    )
    return 0, 0, reason


def prune(shots: Sequence[Shot], areas: pd.DataFrame, settings: Pruning) -> pd.DataFrame:
    """Kept run or reason of every shot of a dataset.

    Parameters
    ----------
    shots
        The manifest.
    areas
        A row per frame, see `mcnn.artefacts.motion.read_areas`; a shot without motion masks has
        one row with a reason and no frame, one without foreground a reason in all rows.
    settings
        The section `shots`.

    Returns
    -------
    A row per shot, see `mcnn.artefacts.pruned.pruned_table`.
    """
    by_shot = dict(iter(areas.groupby(["video", "shot"], sort=False)))
    rows = []
    for shot in shots:
        frames = by_shot[(shot.video, shot.shot)]
        why = frames["reason"].iloc[0]
        if pd.notna(why):
            missing = frames["frame"].isna().any()
            start, stop, reason = 0, 0, f"{NO_MASKS if missing else NO_FOREGROUND}{why}"
        else:
            start, stop, reason = prune_shot(frames["area"], settings, frames["confidence"])
        kept = not reason
        first, last = shot.first + start, shot.first + stop - 1
        bounds = (first, last) if kept else (None, None)
        fallbacks = int(frames["fallbacks"].iloc[0])
        rows.append((shot.video, shot.shot, *bounds, kept, reason, fallbacks))
    return pruned_table(rows)

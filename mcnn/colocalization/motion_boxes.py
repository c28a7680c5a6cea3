"""Boxes of the motion masks, the baseline of table 4 (FOS)."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from mcnn.artefacts.annotations import COORDINATES, KEY
from mcnn.artefacts.motion import read_areas, read_masks
from mcnn.imaging.boxes import box_of, largest_component
from mcnn.imaging.masks import FOREGROUND, Mask
from mcnn.progress import track


def motion_boxes(annotations: pd.DataFrame, masks: Mapping[str, Path]) -> pd.DataFrame:
    """Boxes around the largest component of the motion masks of annotated frames.

    Parameters
    ----------
    annotations
        The ground truth, of which only video, shot, frame and class count.
    masks
        Artefact that each video is in, of `mcnn.artefacts.motion.files_of_videos`.

    Returns
    -------
    Columns video, shot, frame, class, x0, y0, x1, y1; a row where there is foreground. Motion does
    not tell classes apart, so that a frame's box is that of each of its tags.
    """
    keys = annotations[KEY].drop_duplicates()
    rows = []
    shots: dict[tuple[str, int], list[int]] = {}
    for video, shot, frame in zip(*(keys[name] for name in KEY[:3]), strict=True):
        shots.setdefault((video, shot), []).append(frame)
    for (video, shot), frames in track(shots.items(), len(shots), "boxes of the motion masks"):
        for frame, mask in masks_of_frames(masks[video], video, shot, frames).items():
            box = box_of(largest_component(mask))
            if box is not None:
                rows.append((video, shot, frame, *box))
    found = pd.DataFrame(rows, columns=[*KEY[:3], *COORDINATES])
    return keys.merge(found, on=KEY[:3])


def masks_of_frames(path: Path, video: str, shot: int, frames: Iterable[int]) -> dict[int, Mask]:
    """Motion masks of those frames of a shot that have one; a shot may be without."""
    areas = read_areas(path)
    of_shot = (areas["video"] == video) & (areas["shot"] == shot)
    known = set(areas.loc[of_shot, "frame"].dropna().astype(int))
    present = [frame for frame in dict.fromkeys(frames) if frame in known]
    if not present:
        return {}
    masks = read_masks(path, video, shot, present) == FOREGROUND
    return dict(zip(present, masks, strict=True))

"""A contact sheet per class, as figure 5 of the paper: frame, motion mask, ours."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from mcnn.artefacts.annotations import COORDINATES, KEY, read_annotations
from mcnn.artefacts.localized import read_localized, read_segmentations
from mcnn.artefacts.motion import files_of_videos
from mcnn.artefacts.shots import Shot
from mcnn.colocalization.motion_boxes import masks_of_frames
from mcnn.colocalization.picture import Row, sheet
from mcnn.datasets.frames import FrameReader
from mcnn.imaging.boxes import box_of, largest_component
from mcnn.imaging.drawing import contact_sheet, spread

ROWS = 12
"""Most rows of a sheet."""


def draw_sheets(
    localized: Iterable[Path],
    annotations: Path,
    shots: Sequence[Shot],
    masks: Iterable[Path],
    pictures: Mapping[str, Path],
) -> None:
    """Draw a dozen annotated frames of each class.

    Parameters
    ----------
    localized, annotations
        As for `mcnn.colocalization.score.score_videos`.
    shots
        The manifest.
    masks
        Motion masks of the videos.
    pictures
        The picture to write of each class.
    """
    truth = read_annotations(annotations).dropna(subset=COORDINATES)
    motion = files_of_videos(masks)
    index = {(shot.video, shot.shot): shot for shot in shots}
    chosen = _chosen(truth, list(pictures))
    rows: dict[str, list[Row]] = {name: [] for name in pictures}
    for path in localized:
        table = read_localized([path]).merge(chosen, on=KEY)
        for name, row in _rows(path, table, truth, index, motion):
            rows[name].append(row)
    for name, path in pictures.items():
        empty = contact_sheet([np.zeros((240, 320, 3), np.uint8)], ["no annotated frame"])
        picture = sheet(rows[name], name) if rows[name] else empty
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path, quality=92)


def _chosen(truth: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """Frames spread evenly over the annotated ones of each class."""
    frames = truth[KEY].drop_duplicates()
    groups = [frames[frames["class"] == name] for name in classes]
    return pd.concat([group.iloc[[*spread(ROWS, len(group))]] for group in groups])


def _rows(
    path: Path,
    table: pd.DataFrame,
    truth: pd.DataFrame,
    index: Mapping[tuple[str, int], Shot],
    motion: Mapping[str, Path],
) -> Iterator[tuple[str, Row]]:
    with FrameReader() as reader:
        segmentations = read_segmentations(path, table)
        for found, mask in zip(table.to_dict("records"), segmentations, strict=True):
            video, shot, frame, name = (found[column] for column in KEY)
            moving = masks_of_frames(motion[video], video, shot, [frame]).get(frame)
            true = truth[(truth[KEY] == [video, shot, frame, name]).all(axis=1)]
            yield (
                name,
                Row(
                    caption=f"{video}, frame {frame}",
                    image=next(reader.read(index[video, shot], [frame])),
                    mask=mask,
                    box=None if pd.isna(found["x0"]) else [found[c] for c in COORDINATES],
                    motion=moving,
                    motion_box=None if moving is None else box_of(largest_component(moving)),
                    truth=true[COORDINATES].to_numpy(np.float64),
                ),
            )

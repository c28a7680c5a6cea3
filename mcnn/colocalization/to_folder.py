"""Localization of one video, to files for people: boxes, a picture, an overlay."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pandas as pd
from PIL import Image

from mcnn.artefacts.annotations import COORDINATES
from mcnn.artefacts.localized import (
    boxes_of,
    iterate_localized,
    read_localized,
    read_segmentations,
    write_coco,
    write_localized,
)
from mcnn.artefacts.shots import Shot
from mcnn.colocalization.localize import localize_shots
from mcnn.colocalization.picture import Row, draw_localized, sheet
from mcnn.config.colocalization import Colocalization
from mcnn.datasets.frames import read_shots_frames
from mcnn.datasets.video_files import frames_per_second
from mcnn.datasets.video_shots import shots_of_video
from mcnn.files import new_folder, refuse_foreign_name, write_csv
from mcnn.imaging.drawing import Frame, spread, write_overlay_video
from mcnn.labels.arrays import Network

ROWS = 12
"""Most rows of a picture."""
FOLDER_FRAME_RATE = 25.0
"""Frames per second of the overlay of a folder of frames."""


def localize_to_folder(
    source: Path,
    out: Path,
    tags: Mapping[str, int],
    network: Network,
    settings: Colocalization,
    *,
    seed: int = 0,
    overlay: bool = False,
    threads: int = 1,
    on_cpu: bool = True,
) -> pd.DataFrame:
    """Localize the objects in a video and write their boxes to a folder.

    Parameters
    ----------
    source
        Video file or folder of frames; split into its shots first.
    out
        Folder to make, complete or not at all: boxes.csv (video, shot, frame, class, x0, y0, x1,
        y1, score), boxes.json (the same as COCO JSON), localized.parquet (see
        `mcnn.artefacts.localized.write_localized`), and <class>.jpg to look at.
    tags
        The network's label of each class to localize.
    network
        Softmax outputs of images.
    settings
        The section `colocalization`; all frames are localized.
    seed
        Of the colour mixtures' start.
    overlay
        Also write overlay.mp4.
    threads, on_cpu
        See `mcnn.colocalization.shot.localize_shot`.

    Returns
    -------
    A row per frame and class: video, shot, frame, class, box and score (NaN where nothing was
    found), height, width.

    Raises
    ------
    DataError
        If the source does not decode, or `out` holds something already.

    Examples
    --------
    >>> tags = {"dog": classes.index("dog") + 1}  # doctest: +SKIP
    >>> localize_to_folder(
    ...     Path("dog.mp4"), Path("out"), tags, network, Colocalization()
    ... )  # doctest: +SKIP
    """
    refuse_foreign_name(out)  # Before the hours of the localization.
    with new_folder(out) as partial:
        shots = [replace(shot, tags=tuple(tags)) for shot in shots_of_video(source, "detect")]
        found = localize_shots(
            [(shot, shot.indices) for shot in shots],
            tags,
            network,
            settings,
            seed=seed,
            threads=threads,
            on_error="stop",
            skipped=[],
            on_cpu=on_cpu,
        )
        path = partial / "localized.parquet"
        write_localized(found, path)
        table = read_localized([path])
        write_csv(partial / "boxes.csv", boxes_of(table))
        write_coco(table, list(tags), partial / "boxes.json")
        for tag, mine in table.groupby("class"):
            rows = list(_rows(shots, mine.iloc[[*spread(ROWS, len(mine))]], path))
            Image.fromarray(sheet(rows, str(tag))).save(partial / f"{tag}.jpg", quality=92)
        if overlay:
            rate = FOLDER_FRAME_RATE if source.is_dir() else frames_per_second(source)
            write_overlay_video(_overlay(shots, path), partial / "overlay.mp4", rate)
    return table


def _rows(shots: Sequence[Shot], chosen: pd.DataFrame, path: Path) -> Iterator[Row]:
    numbers = {(row["shot"], row["frame"]): row for row in chosen.to_dict("records")}
    masks = dict(zip(numbers, read_segmentations(path, chosen), strict=True))
    for shot, frames in read_shots_frames(shots):
        for number, frame in zip(shot.indices, frames, strict=True):
            key = shot.shot, number
            if key in numbers:
                caption = f"shot {shot.shot}, frame {number}"
                yield Row(caption, frame, masks[key], _box(numbers[key]))


def _overlay(shots: Sequence[Shot], path: Path) -> Iterator[Frame]:
    groups = groupby(iterate_localized(path), key=lambda row: (row["shot"], row["frame"]))
    for _, frames in read_shots_frames(shots):
        for picture, (_, rows) in zip(frames, groups, strict=False):
            for row in rows:
                picture = draw_localized(picture, row["mask"], _box(row))
            yield picture


def _box(row: dict) -> list[float] | None:
    box = [row[name] for name in COORDINATES]
    return None if pd.isna(box[0]) else box

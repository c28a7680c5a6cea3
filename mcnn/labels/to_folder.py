"""Latent labels of one video, to files for people: labels, a table, a picture."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from mcnn.artefacts.label_maps import write_names
from mcnn.artefacts.shots import Shot
from mcnn.config.labels import Labels
from mcnn.datasets.frames import FrameReader, of_one_size
from mcnn.datasets.mask_files import mask_name, read_mask_file
from mcnn.datasets.video_shots import shots_of_video
from mcnn.errors import DataError
from mcnn.files import new_folder, write_csv
from mcnn.imaging.drawing import spread
from mcnn.imaging.palette import encode_labels
from mcnn.label_space import BACKGROUND
from mcnn.labels.arrays import Bools, Network
from mcnn.labels.picture import Row, draw_picture
from mcnn.labels.shot import label_shot
from mcnn.progress import track
from mcnn.shots.sample import sample_positions

ROWS_OF_SHOT, ROWS = 6, 24
"""Most rows of the picture, of a shot and in all."""


def label_to_folder(
    source: Path,
    masks: Path,
    out: Path,
    tags: Mapping[str, int],
    network: Network | None = None,
    settings: Labels | None = None,
    *,
    alpha: float = 1.0,
    n_frames: int = 10,
    longer_side: int = 480,
    seed: int = 0,
    threads: int = 1,
) -> pd.DataFrame:
    """Infer the latent labels of the shots of a video and write them to a folder.

    Parameters
    ----------
    source
        Video file or folder of frames; split into its shots first.
    masks
        Folder of the motion masks, as `mcnn.motion.to_folder.segment_to_folder` writes them.
    out
        Folder to make, complete or not at all: the labels of the sampled frames with VOC's
        palette, under the names of their masks; names.csv, the names of the labels; labels.csv,
        the table returned; labels.jpg with some of the frames to look at.
    tags
        Labels that may occur beside the background, by name.
    network, settings, alpha, longer_side, seed, threads
        See `mcnn.labels.shot.label_shot`.
    n_frames
        Frames sampled uniformly from each shot; they are labelled together.

    Returns
    -------
    A row per frame: shot, frame, file, the shares of the frame that are motion mask and labelled
    foreground, and the IoU of the two (NaN where there is neither).

    Raises
    ------
    DataError
        If the source does not decode, a mask is missing or does not fit, or `out` holds something
        already.

    Examples
    --------
    >>> label_to_folder(Path("dog.mp4"), Path("masks"), Path("out"), {"dog": 1})  # doctest: +SKIP
    """
    with new_folder(out) as partial, FrameReader() as reader:
        samples = [
            (shot, sorted(set(sample_positions(shot.first, shot.last, n_frames))))
            for shot in shots_of_video(source, "detect")
        ]
        for shot, frames in samples:
            _check_masks(shot, frames, masks, source)
        shown = _shown(samples)
        rows: list[Row] = []
        tables = []
        for shot, frames in track(samples, len(samples), "labelling"):
            names = [mask_name(shot, frame) for frame in frames]
            images = np.stack([*of_one_size(shot, frames, reader.read(shot, frames))])
            size = images.shape[1:3]
            motion = np.stack([read_mask_file(masks / name, size) > 0 for name in names])
            labels, foreground = label_shot(
                images,
                motion,
                list(tags.values()),
                network,
                settings,
                alpha=alpha,
                longer_side=longer_side,
                seed=seed,
                threads=threads,
            )
            for name, frame in zip(names, labels, strict=True):
                (partial / name).write_bytes(encode_labels(frame))
            tables.append(_table(shot, frames, names, motion, labels))
            for t, frame in enumerate(frames):
                if (shot.shot, frame) in shown:
                    probability = None if foreground is None else foreground[t]
                    caption = f"shot {shot.shot}, frame {frame}"
                    rows.append(Row(caption, images[t], motion[t], probability, labels[t]))
        table = pd.concat(tables, ignore_index=True)
        write_csv(partial / "labels.csv", table)
        write_names({0: BACKGROUND} | {label: name for name, label in tags.items()}, partial)
        Image.fromarray(draw_picture(rows, tags)).save(partial / "labels.jpg", quality=92)
    return table


def _check_masks(shot: Shot, frames: list[int], masks: Path, source: Path) -> None:
    """Before anything is computed, because the shots follow one another for minutes."""
    if not masks.is_dir():
        problem = "there is no such folder of motion masks"
        raise DataError(masks, problem, f"run `mcnn segment-motion {source} -o {masks}`")
    for frame in frames:
        path = masks / mask_name(shot, frame)
        if not path.is_file():
            raise DataError(
                path,
                f"the motion mask of frame {frame} of {source} is missing",
                f"run `mcnn segment-motion {source} -o FOLDER` and give FOLDER as --masks",
            )


def _shown(samples: list[tuple[Shot, list[int]]]) -> set[tuple[int, int]]:
    """Shot and frame of each row of the picture."""
    candidates = [
        (shot.shot, frames[position])
        for shot, frames in samples
        for position in spread(ROWS_OF_SHOT, len(frames))
    ]
    return {candidates[position] for position in spread(ROWS, len(candidates))}


def _table(
    shot: Shot, frames: list[int], names: list[str], masks: Bools, labels: NDArray[np.uint8]
) -> pd.DataFrame:
    foreground = labels > 0
    union = (masks | foreground).sum((1, 2))
    common = (masks & foreground).sum((1, 2))
    iou = np.divide(common, union, out=np.full(len(union), np.nan), where=union > 0)
    columns = {
        "shot": shot.shot,
        "frame": frames,
        "file": names,
        "mask": masks.mean((1, 2)),
        "labels": foreground.mean((1, 2)),
        "iou": iou,
    }
    return pd.DataFrame(columns).round(4)

"""Samples: the frames of a pruned shot with their motion masks, in one Parquet file a dataset."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mcnn.config.method import Shots
from mcnn.datasets.frames import FrameReader
from mcnn.datasets.image_files import decode_image, reduced_size
from mcnn.datasets.shots import Shot
from mcnn.datasets.skipped import OnError, Skipped, collecting
from mcnn.errors import DataError
from mcnn.files import atomic
from mcnn.motion.masks import decode_mask, encode_mask, read_masks
from mcnn.progress import track

IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
SCHEMA = pa.schema(
    [
        ("video", pa.string()),
        ("shot", pa.int64()),
        ("frame", pa.int64()),
        ("image", IMAGE),
        ("mask", IMAGE),
        ("tags", pa.list_(pa.string())),
    ],
    # The convention by which Hugging Face `datasets` shows the two columns as images.
    metadata={
        "huggingface": json.dumps(
            {
                "info": {
                    "features": {
                        "video": {"dtype": "string", "_type": "Value"},
                        "shot": {"dtype": "int64", "_type": "Value"},
                        "frame": {"dtype": "int64", "_type": "Value"},
                        "image": {"_type": "Image"},
                        "mask": {"_type": "Image"},
                        "tags": {
                            "feature": {"dtype": "string", "_type": "Value"},
                            "_type": "List",
                        },
                    }
                }
            }
        )
    },
)


@dataclass(frozen=True)
class Sample:
    """The sampled frames of one shot.

    Attributes
    ----------
    video, shot, tags
        As in the manifest.
    images
        ``(T, H, W, 3)`` uint8, RGB.
    masks
        ``(T, H, W)`` bool, motion masks.
    """

    video: str
    shot: int
    tags: tuple[str, ...]
    images: NDArray[np.uint8]
    masks: NDArray[np.bool_]


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
    settings: Shots,
    on_error: OnError,
) -> list[Skipped]:
    """Sample the kept run of every pruned shot and write a row group for each.

    Parameters
    ----------
    shots
        The manifest.
    pruned
        CSV of `mcnn.shots.prune.prune`.
    masks
        Motion artefact of each video.
    output
        Parquet file; it appears only when it is complete.
    settings
        The section `shots`.
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
    table = pd.read_csv(pruned).query("kept")
    bounds = zip(table["first"].astype(int), table["last"].astype(int), strict=True)
    runs = dict(zip(zip(table["video"], table["shot"], strict=True), bounds, strict=True))
    kept = [shot for shot in shots if (shot.video, shot.shot) in runs]
    skipped: list[Skipped] = []
    digest = hashlib.sha256()
    with (
        atomic(output) as partial,
        pq.ParquetWriter(partial, SCHEMA, compression="none") as writer,
        FrameReader() as reader,
    ):
        for shot in track(kept, len(kept), "sampling frames"):
            first, last = runs[shot.video, shot.shot]
            frames = sample_positions(first, last, settings.frames_per_sample)
            with collecting(skipped, f"{shot.video}/{shot.shot}", on_error):
                sample = _table(shot, frames, masks[shot.video], reader, settings.longer_side)
                writer.write_table(sample, row_group_size=len(frames))
                digest.update(str(sample.to_pylist()).encode())
        writer.add_key_value_metadata({"content_sha256": digest.hexdigest()})
        if len(skipped) == len(kept):
            raise DataError(
                pruned,
                f"no shot is left to sample: of {len(kept)} kept ones all were unreadable",
                "see the reasons there, and check the motion masks and the section `shots`",
            )
    return skipped


def _table(
    shot: Shot, frames: list[int], artefact: Path, reader: FrameReader, longer_side: int | None
) -> pa.Table:
    name = f"{shot.video}/{shot.shot:04d}"
    images = reader.encoded(shot, frames, longer_side)
    masks = read_masks(artefact, shot.shot, frames)
    columns = {
        "video": [shot.video] * len(frames),
        "shot": [shot.shot] * len(frames),
        "frame": frames,
        "image": [
            {"bytes": content, "path": f"{name}/{frame:08d}"}
            for content, frame in zip(images, frames, strict=True)
        ],
        "mask": [
            {"bytes": encode_mask(_reduced(mask, longer_side)), "path": f"{name}/{frame:08d}.png"}
            for mask, frame in zip(masks, frames, strict=True)
        ],
        "tags": [list(shot.tags)] * len(frames),
    }
    return pa.table(columns, schema=SCHEMA)


def _reduced(mask: NDArray[np.bool_], longer_side: int | None) -> NDArray[np.bool_]:
    if longer_side is None:
        return mask
    height, width = mask.shape
    size = reduced_size(height, width, longer_side)
    nearest = cv2.resize(mask.astype(np.uint8), size[::-1], interpolation=cv2.INTER_NEAREST_EXACT)
    return np.asarray(nearest, bool)


class SampleFile:
    """Random access to the samples of a Parquet file; nothing but the index is kept in memory.

    Parameters
    ----------
    path
        A file of `write_samples`.

    Attributes
    ----------
    shots
        (video, shot, tags) of each sample.
    content_sha256
        Digest of all that the file holds.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = pq.ParquetFile(path)
        self.shots = [
            (row["video"], row["shot"], tuple(row["tags"]))
            for row in (
                self._file.read_row_group(i, columns=["video", "shot", "tags"])
                .slice(0, 1)
                .to_pylist()[0]
                for i in range(self._file.num_row_groups)
            )
        ]
        self.content_sha256 = self._file.metadata.metadata[b"content_sha256"].decode()

    def __len__(self) -> int:
        return len(self.shots)

    def __iter__(self) -> Iterator[Sample]:
        return (self.read(i) for i in range(len(self)))

    def read(self, index: int) -> Sample:
        """Decode one sample.

        Raises
        ------
        DataError
            If its frames differ in size.
        """
        table = self._file.read_row_group(index)
        images = [decode_image(item["bytes"]) for item in table["image"].to_pylist()]
        masks = [decode_mask(item["bytes"]) for item in table["mask"].to_pylist()]
        video, shot, tags = self.shots[index]
        if len({image.shape for image in images}) > 1:
            raise DataError(
                self.path,
                f"the frames of shot {shot} of video {video} differ in size",
                "bring the frames of a video to one size",
            )
        return Sample(video, shot, tags, np.stack(images), np.stack(masks))

"""The samples of a dataset: the sampled frames of its pruned shots, a row group a shot."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mcnn.artefacts.base import check_parquet, damage_named, refuse_empty
from mcnn.errors import DataError
from mcnn.files import atomic, refuse_foreign_name
from mcnn.imaging.decode import decode_image
from mcnn.imaging.masks import FOREGROUND, Mask, MaskMap, decode_mask_map
from mcnn.label_space import IGNORE

WHAT = "a file of samples"
IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
SCHEMA = pa.schema(
    [
        ("video", pa.string()),
        ("shot", pa.int64()),
        ("frame", pa.int64()),
        ("image", IMAGE),
        ("mask", IMAGE),
        ("tags", pa.list_(pa.string())),
        ("confidence", pa.float64()),
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
                        "confidence": {"dtype": "float64", "_type": "Value"},
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
    maps
        ``(T, H, W)`` uint8, motion masks: 0, 1, and 255 where pixels are unknown.
    """

    video: str
    shot: int
    tags: tuple[str, ...]
    images: NDArray[np.uint8]
    maps: MaskMap

    @property
    def masks(self) -> Mask:
        """Motion masks, ``(T, H, W)`` bool, False where pixels are unknown."""
        return np.asarray(self.maps == FOREGROUND)

    @property
    def unknown(self) -> Mask:
        """Pixels that the motion masks say nothing of, ``(T, H, W)`` bool."""
        return np.asarray(self.maps == IGNORE)


class SampleWriter:
    """Writes sample after sample; see `writing_samples`."""

    def __init__(self, writer: pq.ParquetWriter) -> None:
        self._writer, self._digest = writer, hashlib.sha256()

    def write(
        self,
        video: str,
        shot: int,
        tags: Sequence[str],
        frames: Sequence[int],
        images: Sequence[bytes],
        masks: Sequence[bytes],
        confidences: Sequence[float | None] | None = None,
    ) -> None:
        """Write the sampled frames of one shot as a row group.

        Parameters
        ----------
        video, shot, tags
            As in the manifest.
        frames
            Frame numbers.
        images, masks
            An image file, and one of `mcnn.imaging.masks.encode_mask`, for each frame.
        confidences
            J that is to be expected of each mask, where it is known.
        """
        name = f"{video}/{shot:04d}"
        columns = {
            "video": [video] * len(frames),
            "shot": [shot] * len(frames),
            "frame": frames,
            "image": [
                {"bytes": content, "path": f"{name}/{frame:08d}"}
                for content, frame in zip(images, frames, strict=True)
            ],
            "mask": [
                {"bytes": content, "path": f"{name}/{frame:08d}.png"}
                for content, frame in zip(masks, frames, strict=True)
            ],
            "tags": [list(tags)] * len(frames),
            "confidence": confidences or [None] * len(frames),
        }
        table = pa.table(columns, schema=SCHEMA)
        self._writer.write_table(table, row_group_size=len(frames))
        self._digest.update(str(table.to_pylist()).encode())

    def finish(self) -> None:
        """Write the digest of all samples."""
        self._writer.add_key_value_metadata({"content_sha256": self._digest.hexdigest()})


@contextmanager
def writing_samples(path: Path) -> Iterator[SampleWriter]:
    """A writer of samples; the file appears only if the block ends without an error."""
    with (
        atomic(path) as partial,
        # Statistics are the least and the greatest of the pictures; the index of all samples, which
        # readers keep in memory, would hold them.
        pq.ParquetWriter(partial, SCHEMA, compression="none", write_statistics=False) as parquet,
    ):
        writer = SampleWriter(parquet)
        yield writer
        writer.finish()


class SampleFile:
    """Random access to the samples of a Parquet file; nothing but the index is kept in memory.

    Parameters
    ----------
    path
        A file of `writing_samples`.

    Attributes
    ----------
    shots
        (video, shot, tags) of each sample.
    content_sha256
        Digest of all that the file holds.

    Raises
    ------
    DataError
        If the file is missing or no such artefact.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        refuse_foreign_name(path)
        with damage_named(path, WHAT):
            self._file = pq.ParquetFile(path)
            check_parquet(self._file, path, SCHEMA, WHAT)
            self.shots = self._shots()
            self.content_sha256 = self._file.metadata.metadata[b"content_sha256"].decode()

    def __len__(self) -> int:
        return len(self.shots)

    def __iter__(self) -> Iterator[Sample]:
        return (self.read(i) for i in range(len(self)))

    def length(self, index: int) -> int:
        """Number of frames of a sample."""
        return int(self._file.metadata.row_group(index).num_rows)

    def frames(self, index: int) -> list[int]:
        """Frame numbers of a sample."""
        numbers: list[int] = self._rows(index, ["frame"])["frame"].to_pylist()
        return numbers

    def confidences(self, index: int) -> NDArray[np.float64]:
        """Expected J of each mask of a sample, ``(T,)``; NaN where it is not known."""
        known = self._rows(index, ["confidence"])["confidence"].to_pylist()
        return np.array(known, np.float64)

    def read(self, index: int, positions: Sequence[int] | None = None) -> Sample:
        """Decode one sample.

        Parameters
        ----------
        index
            Of the sample.
        positions
            Of the frames wanted in the sample; None: all.

        Raises
        ------
        DataError
            If its frames or masks do not decode or differ in size.
        """
        video, shot, tags = self.shots[index]
        table = self._rows(index, ["image", "mask"])
        if positions is not None:
            table = table.take(list(positions))
        # The path in the file says which frame does not decode.
        images, masks = (
            [decode(row["bytes"], f"{self.path}: {row['path']}") for row in table[name].to_pylist()]
            for name, decode in (("image", decode_image), ("mask", decode_mask_map))
        )
        if len({image.shape[:2] for image in [*images, *masks]}) > 1:
            raise DataError(
                self.path,
                f"the frames of shot {shot} of video {video} differ in size",
                "bring the frames of a video to one size",
            )
        return Sample(video, shot, tags, np.stack(images), np.stack(masks))

    def _shots(self) -> list[tuple[str, int, tuple[str, ...]]]:
        """The first row of each sample; read at one go, group by group takes several times as
        long."""
        table = self._file.read(columns=["video", "shot", "tags"])
        table.validate(full=True)
        refuse_empty(table, self.path, WHAT)
        lengths = [self.length(index) for index in range(self._file.num_row_groups)]
        if 0 in lengths:
            raise ValueError("a sample has no frames")
        firsts = np.cumsum([0, *lengths], dtype=np.int64)[:-1]
        rows = table.take(firsts).to_pylist()
        return [(row["video"], row["shot"], tuple(row["tags"])) for row in rows]

    def _rows(self, index: int, columns: list[str]) -> pa.Table:
        """Some columns of a sample; of images and masks, both bytes and path are there."""
        with damage_named(self.path, WHAT):
            table = self._file.read_row_group(index, columns=columns)
            table.validate(full=True)
            refuse_empty(table, self.path, WHAT, nullable=("confidence",))
            for name in set(columns) & {"image", "mask"}:
                refuse_empty(
                    pa.table(table[name].combine_chunks().flatten(), IMAGE.names), self.path, WHAT
                )
            return table

"""Superpixels of the frames that are localized: a parquet file, a row a frame."""

import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image as Pillow

from mcnn.artefacts.base import broken, open_parquet, refuse_empty
from mcnn.files import atomic
from mcnn.imaging.decode import load_image

Superpixels = NDArray[np.int32]

SCHEMA = pa.schema(
    [
        ("video", pa.string()),
        ("shot", pa.int32()),
        ("frame", pa.int32()),
        ("superpixels", pa.binary()),
    ]
)
KEY = ["video", "shot", "frame"]
WHAT = "an artefact of superpixels"
_ROWS = 40


def write_superpixels(
    frames: Iterable[tuple[str, int, int, Superpixels]], path: str | Path
) -> None:
    """Write superpixels, as they come.

    Parameters
    ----------
    frames
        Video, shot, frame number, and labels ``(H, W)`` of superpixels, from 0 to at most 65,535.
        If the generator raises, no file is left.
    path
        The parquet file. Columns: video, shot, frame, superpixels (16-bit grey PNG).

    Raises
    ------
    ValueError
        If there are more superpixels in a frame.
    """
    with atomic(path) as partial, pq.ParquetWriter(partial, SCHEMA) as writer:
        rows: list[dict[str, object]] = []
        for video, shot, frame, labels in frames:
            data = _encode(labels)
            rows.append({"video": video, "shot": shot, "frame": frame, "superpixels": data})
            if len(rows) == _ROWS:
                writer.write_table(pa.Table.from_pylist(rows, SCHEMA))
                rows = []
        writer.write_table(pa.Table.from_pylist(rows, SCHEMA))


class SuperpixelFile:
    """The superpixels of a file; none but those of some frames are kept in memory.

    Parameters
    ----------
    path
        A file of `write_superpixels`.

    Raises
    ------
    DataError
        If the file is missing or no such artefact.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = path
        with open_parquet(path, SCHEMA, WHAT) as file:
            keys = file.read(columns=KEY)
            refuse_empty(keys, path, WHAT)
            rows = keys.to_pylist()
            sizes = [file.metadata.row_group(k).num_rows for k in range(file.num_row_groups)]
            # Where each frame is: row group, and row in it.
            places = [(k, row) for k, size in enumerate(sizes) for row in range(size)]
            self._place = {
                (row["video"], row["shot"], row["frame"]): place
                for row, place in zip(rows, places, strict=True)
            }

    def read(self, video: str, shot: int, frames: Sequence[int]) -> Iterator[Superpixels]:
        """Superpixels ``(H, W)`` int32 of some frames of a shot, fastest in ascending order.

        Raises
        ------
        DataError
            If a frame is not there or does not decode.
        """
        with open_parquet(self.path, SCHEMA, WHAT) as file:
            loaded, column = -1, []
            for frame in frames:
                place = self._place.get((video, shot, frame))
                if place is None:
                    missing = f"frame {frame} of shot {shot} of {video} is missing"
                    raise broken(self.path, WHAT, missing)
                if place[0] != loaded:
                    loaded = place[0]
                    column = file.read_row_group(loaded, columns=["superpixels"]).column(0)
                labels = np.array(load_image(column[place[1]].as_py(), self.path), np.int32)
                if labels.ndim != 2:
                    raise broken(self.path, WHAT, f"frame {frame} is a picture in colour")
                yield labels


def _encode(labels: Superpixels) -> bytes:
    if labels.max() > np.iinfo(np.uint16).max:
        raise ValueError(f"{labels.max() + 1} superpixels in a frame; 65536 at most are written")
    buffer = io.BytesIO()
    Pillow.fromarray(labels.astype(np.uint16)).save(buffer, format="PNG")
    return buffer.getvalue()

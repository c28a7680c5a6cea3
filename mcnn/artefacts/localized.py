"""What was localized: a parquet file, a row a frame and class; its boxes as CSV and COCO."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from mcnn.artefacts.annotations import COORDINATES, KEY
from mcnn.artefacts.base import broken, open_parquet, read_parquet, refuse_empty
from mcnn.files import atomic
from mcnn.imaging.boxes import Box
from mcnn.imaging.decode import MOST_PIXELS
from mcnn.imaging.masks import Mask, decode_mask, encode_mask
from mcnn.label_space import index_of

SCHEMA = pa.schema(
    [
        ("video", pa.string()),
        ("shot", pa.int32()),
        ("frame", pa.int32()),
        ("class", pa.string()),
        *((name, pa.float64()) for name in COORDINATES),
        ("score", pa.float64()),
        ("height", pa.int32()),
        ("width", pa.int32()),
        ("mask", pa.binary()),
    ]
)
BOX_COLUMNS = [*KEY, *COORDINATES, "score"]
WHAT = "a localization"
_NULLABLE = (*COORDINATES, "score")
_ROWS = 1000


@dataclass(frozen=True)
class Localized:
    """The object of a class in a frame.

    Parameters
    ----------
    frame
        Number of the frame.
    tag
        The class.
    size
        Height and width of the frame, in pixels.
    box
        In pixels of the frame; None if nothing was found.
    score
        Mean probability of the class in the component that the box encloses; NaN without box.
    mask
        ``(h, w)`` bool, the whole segmentation, at the size at which it was computed.
    """

    frame: int
    tag: str
    size: tuple[int, int]
    box: Box | None
    score: float
    mask: Mask


def write_localized(items: Iterable[tuple[str, int, Localized]], path: str | Path) -> None:
    """Write what was localized, as it comes.

    Parameters
    ----------
    items
        Video, shot, and the object of a class in a frame. If the generator raises, no file is
        left.
    path
        The parquet file. Columns: video, shot, frame, class, x0, y0, x1, y1, score (null where
        nothing was found), height, width (of the frame), mask (1-bit PNG of the segmentation, at
        the size at which it was computed).
    """
    with atomic(path) as partial, pq.ParquetWriter(partial, SCHEMA) as writer:
        rows: list[dict[str, object]] = []
        for item in items:
            rows.append(_row(*item))
            if len(rows) == _ROWS:
                writer.write_table(pa.Table.from_pylist(rows, SCHEMA))
                rows = []
        writer.write_table(pa.Table.from_pylist(rows, SCHEMA))


def read_localized(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Everything but the masks: the columns of `write_localized`.

    Raises
    ------
    DataError
        If a file is missing or no such artefact.
    """
    columns = [name for name in SCHEMA.names if name != "mask"]
    tables = [read_parquet(path, SCHEMA, WHAT, columns, _NULLABLE) for path in paths]
    return pd.concat([table.to_pandas() for table in tables], ignore_index=True)


def read_segmentations(path: str | Path, rows: pd.DataFrame) -> list[Mask]:
    """Segmentations ``(h, w)`` bool of some rows of `read_localized`, in their order.

    Raises
    ------
    DataError
        If the file is missing or no such artefact.
    """
    wanted = [("frame", "in", rows["frame"].unique().tolist())]
    table = read_parquet(path, SCHEMA, WHAT, [*KEY, "mask"], filters=wanted)
    found = {tuple(row[name] for name in KEY): row["mask"] for row in table.to_pylist()}
    keys = list(rows[KEY].itertuples(index=False, name=None))
    missing = [key for key in keys if key not in found]
    if missing:
        raise broken(path, WHAT, f"the row {missing[0]} is missing")
    return [decode_mask(found[key], path) for key in keys]


def iterate_localized(path: str | Path) -> Iterator[dict]:
    """Rows of the artefact one after the other, the column `mask` decoded.

    Raises
    ------
    DataError
        If the file is missing or no such artefact.
    """
    with open_parquet(path, SCHEMA, WHAT) as file:
        for batch in file.iter_batches(batch_size=_ROWS):
            refuse_empty(pa.table(batch), path, WHAT, _NULLABLE)
            for row in batch.to_pylist():
                if not 0 < row["height"] * row["width"] <= MOST_PIXELS:
                    size = f"{row['width']}x{row['height']}"
                    raise broken(path, WHAT, f"frame {row['frame']} is {size}")
                yield {**row, "mask": decode_mask(row["mask"], path)}


def boxes_of(table: pd.DataFrame) -> pd.DataFrame:
    """The rows in which something was found: video, shot, frame, class, box and score."""
    return table.loc[table["x0"].notna(), BOX_COLUMNS].reset_index(drop=True)


def write_coco(table: pd.DataFrame, classes: Sequence[str], path: str | Path) -> None:
    """Write boxes as COCO JSON, an entry at a time.

    Parameters
    ----------
    table
        See `read_localized`. Every frame is an image, with or without box.
    classes
        The categories, numbered from 1.
    path
        Images have `id`, `file_name` (``<video>/<shot>/<frame>``), `width` and `height`;
        annotations `id`, `image_id`, `category_id`, `bbox` (x, y, width, height), `area`,
        `iscrowd` and `score`.
    """
    frames = table.drop_duplicates(KEY[:3])
    number = {key: k for k, key in enumerate(zip(*(frames[c] for c in KEY[:3]), strict=True), 1)}
    names = (f"{video}/{shot}/{frame}" for video, shot, frame in number)
    images = (
        {"id": k, "file_name": name, "width": int(width), "height": int(height)}
        for k, (name, width, height) in enumerate(
            zip(names, frames["width"], frames["height"], strict=True), 1
        )
    )
    category = index_of(classes)
    annotations = (
        {
            "id": k,
            "image_id": number[row["video"], row["shot"], row["frame"]],
            "category_id": category[row["class"]],
            "bbox": [row["x0"], row["y0"], row["x1"] - row["x0"], row["y1"] - row["y0"]],
            "area": (row["x1"] - row["x0"]) * (row["y1"] - row["y0"]),
            "iscrowd": 0,
            "score": row["score"],
        }
        for k, row in enumerate(_records(boxes_of(table)), 1)
    )
    categories = ({"id": k, "name": name} for name, k in category.items())
    parts = {"images": images, "annotations": annotations, "categories": categories}
    with atomic(path) as partial, partial.open("w", encoding="utf-8") as file:
        file.write("{")
        for k, (name, entries) in enumerate(parts.items()):
            file.write(f'{"," * (k > 0)}\n"{name}": [')
            for i, entry in enumerate(entries):
                file.write(f"{',' * (i > 0)}\n{json.dumps(entry)}")
            file.write("]")
        file.write("}\n")


def _records(table: pd.DataFrame) -> Iterable[dict]:
    columns = list(table.columns)
    return (
        dict(zip(columns, row, strict=True)) for row in table.itertuples(index=False, name=None)
    )


def _row(video: str, shot: int, found: Localized) -> dict[str, object]:
    box = dict(zip(COORDINATES, found.box or [None] * 4, strict=True))
    return {
        "video": video,
        "shot": shot,
        "frame": found.frame,
        "class": found.tag,
        **box,
        "score": None if found.box is None else found.score,
        "height": found.size[0],
        "width": found.size[1],
        "mask": encode_mask(found.mask),
    }

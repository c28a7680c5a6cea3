"""Parquet files whose columns are there, and hold what they should not."""

import re
from dataclasses import asdict, replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from trees import encode, picture

from mcnn.artefacts import base, images, localized, motion, samples, shots, superpixels
from mcnn.errors import DataError
from mcnn.imaging.decode import MOST_PIXELS
from mcnn.imaging.masks import encode_mask

SIZE = (12, 16)
MASK = encode_mask(np.eye(*SIZE) > 0)
SHOT = shots.Shot("v", 0, 1, 9, ("dog",), "numbered", "dog/%08d.jpg", 1)
IMAGE = images.Image("a", "a.jpg", None, ("dog",))
ROWS = {
    shots: asdict(SHOT),
    images: asdict(IMAGE),
    motion: {
        "video": "v",
        "shot": 0,
        "frame": 3,
        "mask": MASK,
        "area": 0.5,
        "reason": None,
        "fallbacks": 0,
        "confidence": None,
    },
    localized: {
        **{"video": "v", "shot": 0, "frame": 3, "class": "dog", "score": 0.5, "mask": MASK},
        **{"x0": 1.0, "y0": 1.0, "x1": 2.0, "y1": 2.0, "height": SIZE[0], "width": SIZE[1]},
    },
    superpixels: {
        "video": "v",
        "shot": 0,
        "frame": 3,
        "superpixels": encode(picture(0, SIZE), "PNG", "L"),
    },
    samples: {
        "video": "v",
        "shot": 0,
        "frame": 3,
        "image": {"bytes": encode(picture(0, SIZE), "PNG"), "path": "v/3"},
        "mask": {"bytes": MASK, "path": "v/3.png"},
        "tags": ["dog"],
    },
}
NULLABLE = {
    images: {"mask"},
    motion: {"frame", "mask", "area", "reason", "confidence"},
    localized: {"x0", "y0", "x1", "y1", "score"},
}


def read_motion(path):
    motion.read_areas(path)
    motion.read_masks(path, "v", 0, [3])


def read_localized(path):
    table = localized.read_localized([path])
    list(localized.iterate_localized(path))
    localized.read_segmentations(path, table)


def read_samples(path):
    file = samples.SampleFile(path)
    file.frames(0)
    list(file)


READ = {
    shots: shots.read_shots,
    images: images.read_images,
    motion: read_motion,
    localized: read_localized,
    superpixels: lambda path: list(superpixels.SuperpixelFile(path).read("v", 0, [3])),
    samples: read_samples,
}


def write(path, module, row, schema=None):
    schema = (schema or module.SCHEMA).with_metadata({"content_sha256": "0"})
    pq.write_table(pa.Table.from_pylist([row], schema), path)
    return path


def refused(module, path, problem):
    with pytest.raises(DataError, match=rf"{path.name}.*{problem}.*Remedy"):
        READ[module](path)


@pytest.mark.parametrize("module", ROWS, ids=lambda module: module.__name__)
def test_the_rows_that_are_damaged_here_are_sound(tmp_path, module):
    READ[module](write(tmp_path / "a.parquet", module, ROWS[module]))


CELLS = [
    (module, name)
    for module, row in ROWS.items()
    for name in row
    if name not in NULLABLE.get(module, ())
]


@pytest.mark.parametrize(("module", "name"), CELLS, ids=str)
def test_a_cell_that_is_empty_is_named(tmp_path, module, name):
    path = write(tmp_path / "a.parquet", module, {**ROWS[module], name: None})
    refused(module, path, name if module is not superpixels else f"{name}|does not decode")


@pytest.mark.parametrize("module", [shots, images, samples])
def test_a_tag_that_is_empty_is_named(tmp_path, module):
    path = write(tmp_path / "a.parquet", module, {**ROWS[module], "tags": ["dog", None]})
    refused(module, path, "tags")


@pytest.mark.parametrize("name", ["image", "mask"])
@pytest.mark.parametrize("part", ["bytes", "path"])
def test_a_part_of_a_picture_that_is_empty_is_named(tmp_path, name, part):
    row = {**ROWS[samples], name: {**ROWS[samples][name], part: None}}
    refused(samples, write(tmp_path / "a.parquet", samples, row), part)


@pytest.mark.parametrize("module", ROWS, ids=lambda module: module.__name__)
def test_a_column_of_another_type_is_named(tmp_path, module):
    place = module.SCHEMA.get_field_index("video" if module is not images else "name")
    schema = module.SCHEMA.set(place, module.SCHEMA.field(place).with_type(pa.binary()))
    row = ROWS[module] | {module.SCHEMA.names[place]: b"\xff\xfe"}
    path = write(tmp_path / "a.parquet", module, row, schema)
    refused(module, path, r"is of binary, not string")


@pytest.mark.parametrize("limit", ["MOST_ROWS", "MOST_BYTES"])
@pytest.mark.parametrize("module", ROWS, ids=lambda module: module.__name__)
def test_more_than_the_limits_is_refused_by_what_is_declared(tmp_path, monkeypatch, module, limit):
    path = write(tmp_path / "a.parquet", module, ROWS[module])
    monkeypatch.setattr(base, limit, 0)
    refused(module, path, "it declares more than 0")


@pytest.mark.parametrize(
    "change",
    [
        *({"frames": "dog/%s%s.jpg"}, {"frames": "dog/%"}, {"frames": "dog/a.jpg"}),
        *({"frames": "a\0%d"}, {"source": "else"}, {"first": -1}, {"first": 10}),
    ],
)
def test_a_shot_whose_frames_cannot_be_looked_up_is_named(tmp_path, change):
    shots.write_shots([SHOT, replace(SHOT, **change)], tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"a\.parquet: this is not a manifest.*shot 0 of v"):
        shots.read_shots(tmp_path / "a.parquet")


def test_masks_of_another_kind_or_size_are_named(tmp_path):
    colour = encode(picture(0, SIZE), "PNG")
    for module, name in ((motion, "mask"), (localized, "mask"), (superpixels, "superpixels")):
        path = write(tmp_path / "a.parquet", module, {**ROWS[module], name: colour})
        refused(module, path, "RGB|in colour")
    other = {"bytes": encode_mask(np.eye(3) > 0), "path": "v/3.png"}
    path = write(tmp_path / "a.parquet", samples, ROWS[samples] | {"mask": other})
    refused(samples, path, "differ in size")
    pq.write_table(
        pa.Table.from_pylist(
            [ROWS[motion], ROWS[motion] | {"frame": 4, "mask": encode_mask(np.eye(3) > 0)}],
            motion.SCHEMA,
        ),
        tmp_path / "a.parquet",
    )
    with pytest.raises(DataError, match="the masks of v/0 differ in size"):
        motion.read_masks(tmp_path / "a.parquet", "v", 0, [3, 4])


@pytest.mark.parametrize("size", [(0, 5), (-1, 5), (MOST_PIXELS, 2)])
def test_frames_of_no_size_or_too_large_ones_are_named(tmp_path, size):
    row = ROWS[localized] | dict(zip(("height", "width"), size, strict=True))
    path = write(tmp_path / "a.parquet", localized, row)
    refused(localized, path, re.escape(f"frame 3 is {size[1]}x{size[0]}"))


def test_a_frame_that_does_not_decode_is_named_with_its_file(tmp_path):
    row = ROWS[samples] | {"image": {"bytes": b"none", "path": "v/0000/00000003"}}
    path = write(tmp_path / "a.parquet", samples, row)
    refused(samples, path, r"v/0000/00000003: the image does not decode")


def test_more_rows_than_their_groups_declare_are_named(tmp_path, monkeypatch):
    path = write(tmp_path / "a.parquet", superpixels, ROWS[superpixels])
    monkeypatch.setattr(pq.ParquetFile, "num_row_groups", 0)
    refused(superpixels, path, "this is not an artefact of superpixels")

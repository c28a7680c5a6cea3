import json
import math

import numpy as np
import pyarrow.parquet as pq
import pytest
from awkward import DAMAGES, TEXT, is_refused, leaves_nothing
from hypothesis import given, settings
from hypothesis import strategies as st

import mcnn.artefacts.localized as localized
from mcnn.artefacts.localized import (
    Localized,
    boxes_of,
    iterate_localized,
    read_localized,
    read_segmentations,
    write_coco,
    write_localized,
)
from mcnn.errors import DataError
from mcnn.imaging.boxes import Box

WHAT = "a localization"
COLUMNS = ["video", "shot", "frame", "class", "x0", "y0", "x1", "y1", "score", "height", "width"]


def mask(seed, shape=(5, 7)):
    return np.random.default_rng(seed).random(shape) < 0.5


def item(video, shot, frame, tag, box=None, seed=0):
    score = math.nan if box is None else 0.75
    return video, shot, Localized(frame, tag, (10, 14), box, score, mask(seed))


ITEMS = [
    item("001", 0, 3, "dog", Box(1, 2, 3.5, 5), seed=0),
    item("001", 0, 3, "NA", None, seed=1),
    item("001", 1, 3, "dog", None, seed=2),
    item("NA", 1, 3, "dog", Box(0, 0, 14, 10), seed=3),
    item("NA", 1, 4, "NA", Box(0, 0, 1, 1), seed=4),
]
KEYS = [(video, shot, found.frame, found.tag) for video, shot, found in ITEMS]


def keys_of(table):
    return list(table[COLUMNS[:4]].itertuples(index=False, name=None))


@pytest.fixture
def path(tmp_path):
    write_localized(iter(ITEMS), tmp_path / "l.parquet")
    return tmp_path / "l.parquet"


def test_everything_comes_back_as_it_was(path):
    table = read_localized([path])
    assert list(table) == COLUMNS
    assert keys_of(table) == KEYS
    boxes = table[["x0", "y0", "x1", "y1"]].to_numpy()
    nothing = [math.nan] * 4
    expected = [[1, 2, 3.5, 5], nothing, nothing, [0, 0, 14, 10], [0, 0, 1, 1]]
    np.testing.assert_array_equal(boxes, expected)
    np.testing.assert_array_equal(table["score"], [0.75, math.nan, math.nan, 0.75, 0.75])
    assert set(table["height"]) == {10}
    assert set(table["width"]) == {14}


def test_what_was_not_found_is_null(path):
    rows = pq.read_table(path).to_pylist()
    assert [rows[1][name] for name in ("x0", "y0", "x1", "y1", "score")] == [None] * 5


@settings(max_examples=50)
@given(st.lists(st.tuples(TEXT, st.integers(0, 99), st.integers(0, 99), TEXT), max_size=5))
def test_names_come_back_as_they_were(tmp_path_factory, keys):
    path = tmp_path_factory.mktemp("localized") / "l.parquet"
    write_localized((item(*key) for key in keys), path)
    assert keys_of(read_localized([path])) == keys


@pytest.mark.parametrize("count", [0, 1, 3, 4, 6, 7])
def test_no_row_is_lost_between_groups(tmp_path, monkeypatch, count):
    monkeypatch.setattr(localized, "_ROWS", 3)
    path = tmp_path / "l.parquet"
    write_localized((item("v", 0, k, "dog", seed=k) for k in range(count)), path)
    assert read_localized([path])["frame"].tolist() == list(range(count))
    rows = list(iterate_localized(path))
    assert [row["frame"] for row in rows] == list(range(count))
    for k, row in enumerate(rows):
        np.testing.assert_array_equal(row["mask"], mask(k))


def test_rows_are_written_as_they_come(tmp_path, monkeypatch):
    monkeypatch.setattr(localized, "_ROWS", 2)
    sizes = []

    def items():
        for k in range(6):
            (partial,) = tmp_path.iterdir()
            sizes.append(partial.stat().st_size)
            yield item("v", 0, k, "dog")

    write_localized(items(), tmp_path / "l.parquet")
    assert sizes[0] == sizes[1] < sizes[2] == sizes[3] < sizes[4] == sizes[5]


def test_several_files_are_one_table(tmp_path, path):
    write_localized([item("b", 9, 8, "dog")], tmp_path / "b.parquet")
    write_localized([], tmp_path / "empty.parquet")
    table = read_localized([path, tmp_path / "empty.parquet", tmp_path / "b.parquet"])
    assert keys_of(table) == [*KEYS, ("b", 9, 8, "dog")]
    assert table.index.tolist() == list(range(6))


@pytest.mark.parametrize("order", [[0], [4, 0, 2], [1, 0], [3, 2, 1, 0, 4], [2, 2]])
def test_segmentations_are_those_of_their_video_shot_frame_and_class(path, order):
    rows = read_localized([path]).iloc[order]
    found = read_segmentations(path, rows)
    assert len(found) == len(order)
    for segmentation, k in zip(found, order, strict=True):
        np.testing.assert_array_equal(segmentation, mask(k))


def test_boxes_are_of_the_rows_in_which_something_was_found(path):
    boxes = boxes_of(read_localized([path]))
    assert list(boxes) == COLUMNS[:9]
    assert keys_of(boxes) == [KEYS[0], KEYS[3], KEYS[4]]
    assert boxes.index.tolist() == [0, 1, 2]


def test_coco_has_an_image_a_frame_and_an_annotation_a_box(tmp_path, path):
    write_coco(read_localized([path]), ["cat", "NA", "dog"], tmp_path / "boxes.json")
    image = {"width": 14, "height": 10}
    box = {"iscrowd": 0, "score": 0.75}
    assert json.loads((tmp_path / "boxes.json").read_text()) == {
        "images": [
            {"id": 1, "file_name": "001/0/3", **image},
            {"id": 2, "file_name": "001/1/3", **image},
            {"id": 3, "file_name": "NA/1/3", **image},
            {"id": 4, "file_name": "NA/1/4", **image},
        ],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 3, "bbox": [1, 2, 2.5, 3], "area": 7.5, **box},
            {"id": 2, "image_id": 3, "category_id": 3, "bbox": [0, 0, 14, 10], "area": 140, **box},
            {"id": 3, "image_id": 4, "category_id": 2, "bbox": [0, 0, 1, 1], "area": 1, **box},
        ],
        "categories": [
            {"id": 1, "name": "cat"},
            {"id": 2, "name": "NA"},
            {"id": 3, "name": "dog"},
        ],
    }


@settings(max_examples=50)
@given(TEXT, TEXT)
def test_coco_of_any_names_is_json(tmp_path_factory, video, tag):
    folder = tmp_path_factory.mktemp("coco")
    write_localized([item(video, 0, 3, tag, Box(0, 0, 1, 1))], folder / "l.parquet")
    write_coco(read_localized([folder / "l.parquet"]), [tag], folder / "boxes.json")
    coco = json.loads((folder / "boxes.json").read_text())
    assert coco["images"][0]["file_name"] == f"{video}/0/3"
    assert coco["categories"] == [{"id": 1, "name": tag}]


def test_coco_of_nothing_is_json(tmp_path):
    write_localized([], tmp_path / "l.parquet")
    write_coco(read_localized([tmp_path / "l.parquet"]), [], tmp_path / "boxes.json")
    expected = {"images": [], "annotations": [], "categories": []}
    assert json.loads((tmp_path / "boxes.json").read_text()) == expected


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_no_localization_is_named(path, damage):
    rows = read_localized([path])
    damage(path)
    assert is_refused(lambda path: read_localized([path]), path, WHAT)
    assert is_refused(lambda path: read_segmentations(path, rows), path, WHAT)
    assert is_refused(lambda path: list(iterate_localized(path)), path, WHAT)


def test_a_localization_that_is_damaged_within_is_named(path):
    data = bytearray(path.read_bytes())
    start = pq.ParquetFile(path).metadata.row_group(0).column(0).dictionary_page_offset
    data[start : start + 40] = bytes(40)
    path.write_bytes(data)
    assert is_refused(lambda path: list(iterate_localized(path)), path, WHAT)


def test_a_failure_midway_leaves_the_old_file_and_nothing_else(path, monkeypatch):
    monkeypatch.setattr(localized, "_ROWS", 1)

    def items():
        yield item("new", 0, 0, "dog")
        raise DataError("a.jpg", "it is broken", "repair it")

    with pytest.raises(DataError, match="it is broken"):
        write_localized(items(), path)
    assert keys_of(read_localized([path])) == KEYS
    assert [found.name for found in path.parent.iterdir()] == ["l.parquet"]


def test_no_half_written_coco_is_left(tmp_path, path, monkeypatch):
    table, classes = read_localized([path]), ["dog", "NA"]
    assert leaves_nothing(lambda path: write_coco(table, classes, path), tmp_path, monkeypatch)

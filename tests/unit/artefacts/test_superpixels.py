import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from awkward import DAMAGES, NAMES, is_refused, leaves_nothing
from PIL import Image

import mcnn.artefacts.superpixels as superpixels
from mcnn.artefacts.superpixels import SCHEMA, SuperpixelFile, write_superpixels
from mcnn.errors import DataError

WHAT = "an artefact of superpixels"


def labels(seed, shape=(5, 7), largest=65535):
    return np.random.default_rng(seed).integers(0, largest, shape, np.int32, endpoint=True)


ITEMS = [
    ("001", 0, 3, labels(0)),
    ("001", 0, 4, labels(1)),
    ("001", 0, 7, labels(2)),
    ("001", 2, 3, labels(3, (1, 1))),
    ("NA", 0, 3, labels(4, (40, 30), 3)),
]


@pytest.fixture(params=[1, 2, 40])
def path(request, tmp_path, monkeypatch):
    monkeypatch.setattr(superpixels, "_ROWS", request.param)
    write_superpixels(iter(ITEMS), tmp_path / "s.parquet")
    assert pq.ParquetFile(tmp_path / "s.parquet").metadata.num_rows == len(ITEMS)
    return tmp_path / "s.parquet"


@pytest.mark.parametrize("frames", [[3, 4, 7], [4], [7, 3, 3], []])
def test_superpixels_come_back_in_the_order_asked_for(path, frames):
    wanted = {frame: of_frame for video, shot, frame, of_frame in ITEMS[:3]}
    file = SuperpixelFile(path)
    found = list(file.read("001", 0, frames))
    assert [each.dtype for each in found] == [np.int32] * len(frames)
    for frame, each in zip(frames, found, strict=True):
        np.testing.assert_array_equal(each, wanted[frame])
    for video, shot, frame, of_frame in ITEMS[3:]:
        np.testing.assert_array_equal(next(file.read(video, shot, [frame])), of_frame)


def test_any_reader_of_parquet_and_png_reads_them(path):
    table = pd.read_parquet(path)
    assert list(table) == ["video", "shot", "frame", "superpixels"]
    assert list(table["frame"]) == [3, 4, 7, 3, 3]
    for data, (_, _, _, of_frame) in zip(table["superpixels"], ITEMS, strict=True):
        np.testing.assert_array_equal(Image.open(io.BytesIO(data)), of_frame)


def test_rows_are_read_a_few_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(superpixels, "_ROWS", 2)
    write_superpixels((("v", 0, k, labels(k)) for k in range(5)), tmp_path / "s.parquet")
    sizes = pq.ParquetFile(tmp_path / "s.parquet").metadata
    assert [sizes.row_group(k).num_rows for k in range(sizes.num_row_groups)] == [2, 2, 1]


@pytest.mark.parametrize("video", NAMES)
def test_names_of_videos_are_kept(tmp_path, video):
    write_superpixels([(video, 1, 2, labels(0))], tmp_path / "s.parquet")
    (found,) = SuperpixelFile(tmp_path / "s.parquet").read(video, 1, [2])
    np.testing.assert_array_equal(found, labels(0))


def test_no_frames_are_a_file_too(tmp_path):
    write_superpixels([], tmp_path / "s.parquet")
    assert list(SuperpixelFile(tmp_path / "s.parquet").read("v", 0, [])) == []


@pytest.mark.parametrize("key", [("001", 0, 5), ("001", 1, 3), ("002", 0, 3)])
def test_a_frame_that_is_not_there_is_named(path, key):
    video, shot, frame = key
    with pytest.raises(DataError, match=f"frame {frame} of shot {shot} of {video} is missing"):
        list(SuperpixelFile(path).read(video, shot, [frame]))


@pytest.mark.parametrize("damage", DAMAGES)
def test_files_that_are_no_such_artefact_are_refused(path, damage):
    damage(path)
    assert is_refused(SuperpixelFile, path, WHAT)


def test_a_png_that_does_not_decode_is_an_error_of_the_file(tmp_path):
    row = {"video": "v", "shot": 0, "frame": 1, "superpixels": b"\x89PNG"}
    pq.write_table(pa.Table.from_pylist([row], SCHEMA), tmp_path / "s.parquet")
    with pytest.raises(DataError, match=r"s\.parquet: the image does not decode"):
        list(SuperpixelFile(tmp_path / "s.parquet").read("v", 0, [1]))


def test_more_superpixels_than_16_bits_hold_are_refused(tmp_path):
    with pytest.raises(ValueError, match="65537 superpixels"):
        write_superpixels([("v", 0, 0, np.array([[65536]], np.int32))], tmp_path / "s.parquet")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_no_file(tmp_path, monkeypatch):
    assert leaves_nothing(lambda path: write_superpixels(ITEMS, path), tmp_path, monkeypatch)

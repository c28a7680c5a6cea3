import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from awkward import DAMAGES, TEXT, is_refused
from hypothesis import given, settings
from hypothesis import strategies as st
from trees import SIZE, block_mask, encode, picture

from mcnn.artefacts.samples import SCHEMA, SampleFile, writing_samples
from mcnn.errors import DataError
from mcnn.imaging.masks import encode_mask

PICTURES = [picture(seed) for seed in range(4)]
MASKS = [block_mask(shift=shift) for shift in range(4)]
PNGS = [encode(pixels, "PNG") for pixels in PICTURES]
ENCODED = [encode_mask(mask) for mask in MASKS]

ONE = ("001", 0, ("dog",), (3, 5), tuple(PNGS[:2]), tuple(ENCODED[:2]))
OTHER = ("NA", 12, ("dog", "null"), (7, 8), tuple(PNGS[2:]), tuple(ENCODED[2:]))


def write(path, *shots):
    with writing_samples(path) as samples:
        for shot in shots:
            samples.write(*shot)
    return SampleFile(path)


def test_samples_come_back_as_they_were(tmp_path):
    file = write(tmp_path / "new" / "s.parquet", ONE, OTHER)
    assert file.shots == [("001", 0, ("dog",)), ("NA", 12, ("dog", "null"))]
    assert len(file) == 2
    for _ in range(2):
        for k, sample in enumerate(file):
            assert (sample.video, sample.shot, sample.tags) == file.shots[k]
            np.testing.assert_array_equal(sample.images, PICTURES[2 * k : 2 * k + 2])
            np.testing.assert_array_equal(sample.masks, MASKS[2 * k : 2 * k + 2])
            assert (sample.images.dtype, sample.masks.dtype) == (np.uint8, bool)
    assert [path.name for path in file.path.parent.iterdir()] == ["s.parquet"]


def test_samples_are_read_in_any_order(tmp_path):
    file = write(tmp_path / "s.parquet", ONE, OTHER, ONE)
    assert [file.read(k).video for k in (1, 2, 0, 1)] == ["NA", "001", "001", "NA"]


def test_a_file_is_opened_without_going_from_sample_to_sample(tmp_path, monkeypatch):
    path = write(tmp_path / "s.parquet", ONE, OTHER).path
    monkeypatch.delattr(pq.ParquetFile, "read_row_group")
    assert SampleFile(path).shots == [("001", 0, ("dog",)), ("NA", 12, ("dog", "null"))]


def test_a_sample_without_frames_is_refused(tmp_path):
    write(tmp_path / "s.parquet", ONE)
    table = pq.read_table(tmp_path / "s.parquet")
    with pq.ParquetWriter(tmp_path / "s.parquet", table.schema) as writer:
        for rows in (2, 0, 2):
            writer.write_table(table.slice(0, rows))
        writer.add_key_value_metadata({"content_sha256": "0"})
    with pytest.raises(DataError, match="no frames"):
        SampleFile(tmp_path / "s.parquet")


def test_the_index_holds_no_pictures(tmp_path):
    path = write(tmp_path / "s.parquet", ONE, OTHER).path
    group = pq.ParquetFile(path).metadata.row_group(0)
    assert not any(group.column(k).is_stats_set for k in range(group.num_columns))


@settings(max_examples=50)
@given(st.lists(st.tuples(TEXT, st.integers(0, 10**6), st.lists(TEXT, max_size=3)), max_size=4))
def test_names_come_back_as_they_were(tmp_path_factory, shots):
    path = tmp_path_factory.mktemp("samples") / "s.parquet"
    file = write(path, *((*shot, (1,), (b"i",), (b"m",)) for shot in shots))
    assert file.shots == [(video, number, tuple(tags)) for video, number, tags in shots]


@pytest.mark.parametrize("count", [1, 3])
def test_a_sample_may_have_any_number_of_frames(tmp_path, count):
    more = ("v", 0, ("dog",), range(count), PNGS[:count], ENCODED[:count])
    file = write(tmp_path / "s.parquet", ONE, more, OTHER)
    assert [len(sample.images) for sample in file] == [2, count, 2]
    assert pq.ParquetFile(file.path).num_row_groups == 3


def test_other_tools_see_a_row_a_frame_with_images(tmp_path):
    table = pq.read_table(write(tmp_path / "s.parquet", ONE, OTHER).path)
    rows = table.to_pylist()
    assert [row["frame"] for row in rows] == [3, 5, 7, 8]
    assert rows[3]["image"] == {"bytes": PNGS[3], "path": "NA/0012/00000008"}
    assert rows[3]["mask"] == {"bytes": ENCODED[3], "path": "NA/0012/00000008.png"}
    features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    assert list(features) == table.column_names == SCHEMA.names
    images = [name for name, feature in features.items() if feature["_type"] == "Image"]
    assert images == ["image", "mask"]
    dtypes = {name: str(SCHEMA.field(name).type) for name in ("video", "shot", "frame")}
    assert dtypes == {name: features[name]["dtype"] for name in dtypes}


@pytest.mark.parametrize(
    "shots",
    [
        [ONE],
        [OTHER, ONE],
        [ONE, OTHER, OTHER],
        [("002", *ONE[1:]), OTHER],
        [("001", 1, *ONE[2:]), OTHER],
        [("001", 0, ("cat",), *ONE[3:]), OTHER],
        [("001", 0, ("dog", "cat"), *ONE[3:]), OTHER],
        [(*ONE[:3], (3, 6), *ONE[4:]), OTHER],
        [(*ONE[:4], (PNGS[0], PNGS[2]), ONE[5]), OTHER],
        [(*ONE[:5], (ENCODED[0], ENCODED[2])), OTHER],
    ],
)
def test_the_digest_changes_with_all_that_the_file_holds(tmp_path, shots):
    expected = write(tmp_path / "a.parquet", ONE, OTHER).content_sha256
    assert write(tmp_path / "b.parquet", ONE, OTHER).content_sha256 == expected
    assert len(expected) == 64
    assert write(tmp_path / "c.parquet", *shots).content_sha256 != expected


def test_a_shot_whose_frames_differ_in_size_is_named(tmp_path):
    images = [PNGS[0], encode(picture(1, (SIZE[0], SIZE[1] + 1)), "PNG")]
    file = write(tmp_path / "s.parquet", ONE, ("NA", 7, ("dog",), (1, 2), images, ENCODED[:2]))
    assert file.read(0).video == "001"
    with pytest.raises(DataError, match=r"s\.parquet: the frames of shot 7 of video NA differ"):
        file.read(1)


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_no_file_of_samples_is_named(tmp_path, damage):
    path = write(tmp_path / "s.parquet", ONE).path
    damage(path)
    assert is_refused(SampleFile, path, "a file of samples")


@pytest.mark.parametrize("has_metadata", [True, False])
def test_a_file_without_its_digest_is_no_file_of_samples(tmp_path, has_metadata):
    path = write(tmp_path / "s.parquet", ONE).path
    table = pq.read_table(path)
    if not has_metadata:
        table = table.replace_schema_metadata()
    pq.write_table(table, path, store_schema=has_metadata)
    assert (pq.read_metadata(path).metadata is not None) == has_metadata
    assert is_refused(SampleFile, path, "a file of samples")


def test_no_samples_are_a_file_with_a_digest(tmp_path):
    file = write(tmp_path / "s.parquet")
    assert (len(file), list(file), len(file.content_sha256)) == (0, [], 64)


def test_a_failure_midway_leaves_the_old_file_and_nothing_else(tmp_path):
    path = write(tmp_path / "s.parquet", OTHER).path

    def fail():
        with writing_samples(path) as samples:
            samples.write(*ONE)
            raise DataError("a.jpg", "it is broken", "repair it")

    with pytest.raises(DataError, match="it is broken"):
        fail()
    assert SampleFile(path).shots == [("NA", 12, ("dog", "null"))]
    assert [item.name for item in tmp_path.iterdir()] == ["s.parquet"]


@pytest.mark.parametrize(("images", "masks"), [(PNGS[:1], ENCODED[:2]), (PNGS[:2], ENCODED[:1])])
def test_every_frame_has_an_image_and_a_mask(tmp_path, images, masks):
    with pytest.raises(ValueError, match="zip"):
        write(tmp_path / "s.parquet", ("v", 0, ("dog",), (1, 2), images, masks))
    assert list(tmp_path.iterdir()) == []


def test_unknown_pixels_and_confidences_come_back(tmp_path):
    maps = np.zeros((2, *SIZE), np.uint8)
    maps[0, 2:9], maps[1, :4] = 1, 255
    other = (*ONE[:5], [encode_mask(each) for each in maps], [0.25, None])
    file = write(tmp_path / "s.parquet", OTHER, other)
    sample = file.read(1)
    np.testing.assert_array_equal(sample.maps, maps)
    np.testing.assert_array_equal(sample.masks, maps == 1)
    np.testing.assert_array_equal(sample.unknown, maps == 255)
    np.testing.assert_array_equal(file.confidences(1), [0.25, np.nan])
    assert np.isnan(file.confidences(0)).all()

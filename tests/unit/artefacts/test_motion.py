import io

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image

from mcnn.artefacts.motion import (
    ShotMotion,
    encode_shot,
    files_of_videos,
    read_areas,
    read_masks,
    refuse_too_many,
    write_motion,
)
from mcnn.artefacts.shots import Shot
from mcnn.errors import ConfigError, DataError
from mcnn.imaging.masks import decode_mask, encode_mask


def random_masks(count, seed=0):
    return np.random.default_rng(seed).random((count, 9, 13)) < 0.3


@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=20)))
def test_masks_survive_as_one_bit_pngs(mask):
    data = encode_mask(mask)
    assert Image.open(io.BytesIO(data)).mode == "1"
    decoded = decode_mask(data)
    assert decoded.dtype == bool
    np.testing.assert_array_equal(decoded, mask)


@given(st.lists(st.integers(0, 6), max_size=8))
def test_masks_are_read_in_the_order_asked_for(tmp_path_factory, order):
    path = tmp_path_factory.mktemp("motion") / "v.parquet"
    first, second = random_masks(7), random_masks(7, seed=1)
    shots = [encode_shot("v", 0, range(10, 17), first), encode_shot("v", 3, range(14, 21), second)]
    write_motion(shots, path)
    if order:
        np.testing.assert_array_equal(
            read_masks(path, "v", 0, [10 + i for i in order]), first[order]
        )
        np.testing.assert_array_equal(
            read_masks(path, "v", 3, [14 + i for i in order]), second[order]
        )


def test_a_row_a_frame_a_row_group_a_shot(tmp_path):
    path = tmp_path / "new" / "v.parquet"
    masks = random_masks(4)
    shots = [
        encode_shot("dog-0001", 0, range(1, 5), masks, fallbacks=2, confidences=[0.5, 0.25, 1, 0]),
        ShotMotion("dog-0001", 1, reason="no masks"),
    ]
    write_motion(shots, path)
    assert pq.ParquetFile(path).num_row_groups == 2
    rows = pq.read_table(path).to_pylist()
    names = ["video", "shot", "frame", "mask", "area", "reason", "fallbacks", "confidence"]
    assert list(rows[0]) == names
    assert [row["confidence"] for row in rows] == [0.5, 0.25, 1, 0, None]
    assert [row["fallbacks"] for row in rows] == [2, 2, 2, 2, 0]
    assert [row["frame"] for row in rows] == [1, 2, 3, 4, None]
    assert rows[2]["area"] == pytest.approx(masks[2].mean())
    assert rows[4] == {
        "video": "dog-0001",
        "shot": 1,
        "frame": None,
        "mask": None,
        "area": None,
        "reason": "no masks",
        "fallbacks": 0,
        "confidence": None,
    }
    assert [p.name for p in path.parent.iterdir()] == ["v.parquet"]


def test_areas_come_without_masks(tmp_path):
    path = tmp_path / "v.parquet"
    shots = [encode_shot("v", 0, [5, 6], random_masks(2)), ShotMotion("v", 1, reason="no masks")]
    write_motion(shots, path)
    areas = read_areas(path)
    names = ["video", "shot", "frame", "area", "reason", "fallbacks", "confidence"]
    assert list(areas.columns) == names
    assert areas["confidence"].isna().all()
    assert areas["frame"].tolist()[:2] == [5, 6]
    assert areas["frame"].isna().tolist() == [False, False, True]
    assert areas["reason"].notna().tolist() == [False, False, True]
    np.testing.assert_allclose(areas["area"][:2], random_masks(2).mean(axis=(1, 2)))


def test_absent_masks_and_files_are_named(tmp_path):
    path = tmp_path / "v.parquet"
    with pytest.raises(DataError, match=r"v\.parquet"):
        read_areas(path)
    shots = [encode_shot("v", 0, [5, 6], random_masks(2)), ShotMotion("v", 1, reason="no masks")]
    write_motion(shots, path)
    with pytest.raises(DataError, match=r"v\.parquet.*frame 7 of v/0"):
        read_masks(path, "v", 0, [5, 7])
    with pytest.raises(DataError, match=r"frame 5 of v/1"):
        read_masks(path, "v", 1, [5])
    path.write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"v\.parquet"):
        read_masks(path, "v", 0, [5])


def test_one_mask_per_frame(tmp_path):
    with pytest.raises(ValueError, match="2 masks for 3 frames"):
        encode_shot("v", 0, [1, 2, 3], random_masks(2))


def test_nothing_half_written_is_left(tmp_path):
    path = tmp_path / "v.parquet"

    def shots():
        yield encode_shot("v", 0, [5, 6], random_masks(2))
        raise DataError("a.png", "it is broken", "repair it")

    with pytest.raises(DataError):
        write_motion(shots(), path)
    assert list(tmp_path.iterdir()) == []


def test_a_shot_is_written_before_the_next_is_asked_for(tmp_path):
    sizes = []

    def shots():
        for i in range(4):
            yield encode_shot("v", i, range(50), random_masks(50, seed=i))
            (temporary,) = tmp_path.iterdir()
            sizes.append(temporary.stat().st_size)

    write_motion(shots(), tmp_path / "v.parquet")
    assert sizes == sorted(set(sizes))
    assert sizes[-1] > 3 * sizes[0] > 0


def test_unknown_pixels_are_no_part_of_the_area(tmp_path):
    path = tmp_path / "v.parquet"
    masks = [np.array([[0, 1, 1, 255]], np.uint8), np.array([[True, False, False, False]])]
    write_motion([encode_shot("v", 0, [3, 4], masks)], path)
    np.testing.assert_array_equal(
        read_masks(path, "v", 0, [4, 3]), [[[1, 0, 0, 0]], [[0, 1, 1, 255]]]
    )
    assert read_areas(path)["area"].tolist() == [0.5, 0.25]


def test_shots_of_two_videos_with_the_same_numbers_are_told_apart(tmp_path):
    both, third = tmp_path / "a.parquet", tmp_path / "c.parquet"
    of_a, of_b = random_masks(2), random_masks(2, seed=1)
    failed = ShotMotion("b", 1, reason="no masks")
    write_motion(
        [encode_shot("a", 0, [1, 2], of_a), encode_shot("b", 0, [1, 2], of_b), failed], both
    )
    write_motion([encode_shot("c", 0, [1], of_a[:1])], third)
    np.testing.assert_array_equal(read_masks(both, "a", 0, [1, 2]), of_a)
    np.testing.assert_array_equal(read_masks(both, "b", 0, [1, 2]), of_b)
    with pytest.raises(DataError, match="frame 1 of c/0"):
        read_masks(both, "c", 0, [1])
    assert read_areas(both)["video"].tolist() == ["a", "a", "b", "b", "b"]
    assert files_of_videos([both, str(third)]) == {"a": both, "b": both, "c": third}
    with pytest.raises(DataError, match="missing"):
        files_of_videos([tmp_path / "no.parquet"])


def test_more_frames_than_a_file_has_room_for_are_refused_before_the_work():
    def shot(last):
        return Shot("v", 0, 0, last, (), "file", "v.mp4", 1)

    refuse_too_many([shot(2**19 - 1), shot(2**19 - 1)])
    with pytest.raises(ConfigError, match=r"videos_per_job: .* 1,048,577 frames.* 1,048,576"):
        refuse_too_many([shot(2**19 - 1), shot(2**19)])

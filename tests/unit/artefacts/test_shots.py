from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcnn.artefacts import shots
from mcnn.artefacts.shots import (
    Shot,
    VideoGroups,
    read_shots,
    read_shots_of_job,
    videos_of,
    write_shots,
)
from mcnn.errors import DataError

SHOTS = [
    Shot("horse-0003", 1, 10, 29, ("horse",), "numbered", "a/horse/%08d.jpg", 7),
    Shot("clip", 0, 0, 99, ("cat", "dog"), "file", "a/clip.mp4", 1),
    Shot("more", 0, 0, 0, (), "folder", "a/more", 1),
]


def test_length_counts_both_ends():
    assert SHOTS[0].length == 20
    assert SHOTS[0].indices == range(10, 30)
    assert SHOTS[2].length == 1


def test_shots_round_trip_in_order(tmp_path):
    path = tmp_path / "new" / "shots.parquet"
    write_shots(SHOTS, path)
    assert read_shots(path) == SHOTS
    assert [p.name for p in path.parent.iterdir()] == ["shots.parquet"]


def test_a_job_reads_the_shots_of_its_video_alone(tmp_path, monkeypatch):
    path, made = tmp_path / "shots.parquet", []
    again = replace(SHOTS[0], shot=2)
    write_shots([*SHOTS, again], path)
    monkeypatch.setattr(shots, "Shot", lambda **row: made.append(row) or Shot(**row))
    assert read_shots(path, "horse-0003") == [SHOTS[0], again]
    assert len(made) == 2
    assert read_shots(path, "horse") == []


def test_no_shots_round_trip(tmp_path):
    write_shots([], tmp_path / "shots.parquet")
    assert read_shots(tmp_path / "shots.parquet") == []


def test_what_is_no_manifest_is_named(tmp_path):
    path = tmp_path / "shots.parquet"
    with pytest.raises(DataError, match=r"shots\.parquet"):
        read_shots(path)
    path.write_bytes(b"PAR1 not parquet")
    with pytest.raises(DataError, match=r"shots\.parquet"):
        read_shots(path)


def test_nothing_half_written_is_left(tmp_path, monkeypatch):
    def fail(table, path):
        path.write_bytes(b"PAR1")
        raise OSError("no space left on device")

    monkeypatch.setattr("mcnn.artefacts.shots.pq.write_table", fail)
    with pytest.raises(OSError, match="no space"):
        write_shots(SHOTS, tmp_path / "shots.parquet")
    assert list(tmp_path.iterdir()) == []


def shot(video, number=0):
    return Shot(video, number, 0, 9, (), "folder", "", 1)


@pytest.mark.parametrize(
    ("videos_per_job", "first", "expected"),
    [(1, "c", "c"), (1, "a", "a"), (2, "c", "ca"), (5, "a", "ab")],
)
def test_a_job_has_some_videos(tmp_path, videos_per_job, first, expected):
    made = [shot(video, k) for k in (0, 1) for video in "cab"]
    by_video = {video: [each for each in made if each.video == video] for video in "cab"}
    write_shots(made, tmp_path / "shots.parquet")
    found = read_shots_of_job(tmp_path / "shots.parquet", first, videos_per_job)
    assert found == [each for video in expected for each in by_video[video]]


@settings(max_examples=50)
@given(st.integers(0, 12), st.integers(1, 14))
def test_every_video_is_in_one_job_that_is_called_after_the_first(count, videos_per_job):
    made = [shot(f"v{k}", number) for k in range(count) for number in range(2)]
    groups = VideoGroups(videos_of(made), videos_per_job)
    assert groups.firsts() == [f"v{k}" for k in range(0, count, videos_per_job)]
    assert [each for first in groups.firsts() for each in groups.shots_from(first)] == made


class Name(str):
    """The name of a video that counts with how many others it is compared."""

    compared = 0
    __hash__ = str.__hash__

    def __eq__(self, other):
        Name.compared += 1
        return str.__eq__(self, other)


def test_a_group_is_found_without_a_look_at_all_the_others():
    videos = videos_of(shot(Name(f"v{k}")) for k in range(1000))
    groups = VideoGroups(videos, 2)
    Name.compared = 0
    assert [each.video for each in groups.shots_from(Name("v998"))] == ["v998", "v999"]
    assert Name.compared < 10

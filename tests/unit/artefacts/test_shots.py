from dataclasses import replace

import pytest

from mcnn.artefacts import shots
from mcnn.artefacts.shots import Shot, read_shots, write_shots
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

import os

import pytest
from awkward import DAMAGES, TEXT, is_refused, leaves_nothing
from hypothesis import given, settings
from hypothesis import strategies as st

from mcnn.artefacts.skipped import Skipped, collecting, read_skipped, write_skipped
from mcnn.errors import DataError

ENTRIES = [Skipped("001", "a.jpg: it is broken"), Skipped("NA", 'b: "1, 2"\nand 3')]


@settings(max_examples=50)
@given(st.lists(st.builds(Skipped, TEXT, TEXT), max_size=5))
def test_entries_come_back_as_they_were(tmp_path_factory, entries):
    path = tmp_path_factory.mktemp("skipped") / "skipped.csv"
    write_skipped(entries, path)
    assert read_skipped(path) == entries


def test_what_is_collected_comes_back(tmp_path):
    skipped = []
    for video in ("001", "NA", "nan"):
        with collecting(skipped, video, "skip"):
            if video != "NA":
                raise DataError("x, y.mp4", 'no "frame"\nin it', "copy it again")
    path = tmp_path / "skipped.csv"
    write_skipped(skipped, path)
    reason = 'x, y.mp4: no "frame"\nin it'
    assert read_skipped(path) == [Skipped("001", reason), Skipped("nan", reason)]


def test_names_that_are_not_utf_8_are_listed_in_utf_8(tmp_path):
    latin_1 = os.fsdecode(b"caf\xe9.jpg")
    write_skipped([Skipped(latin_1, f"{latin_1}: é")], tmp_path / "skipped.csv")
    (tmp_path / "skipped.csv").read_bytes().decode("utf-8")
    listed = r"caf\udce9.jpg"
    assert read_skipped(tmp_path / "skipped.csv") == [Skipped(listed, f"{listed}: é")]


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_no_list_is_named(tmp_path, damage):
    path = tmp_path / "skipped.csv"
    write_skipped(ENTRIES, path)
    damage(path)
    assert is_refused(read_skipped, path, "a list of what was skipped")


def test_nothing_half_written_is_left(tmp_path, monkeypatch):
    assert leaves_nothing(lambda path: write_skipped(ENTRIES, path), tmp_path, monkeypatch)

import pandas as pd
import pytest
from awkward import DAMAGES, TEXT, is_refused, leaves_nothing
from hypothesis import given, settings
from hypothesis import strategies as st

from mcnn.artefacts.pruned import WHAT, kept_runs, pruned_table, read_pruned, write_pruned

ROWS = [
    ("001", 0, 11, 30, True, "", 0),
    ("001", 1, None, None, False, "shorter than 20 frames (3)", 0),
    ("NA", 7, 0, 2_000_000, True, "", 3),
]

numbers = st.integers(0, 2**31 - 1)
kept = st.tuples(TEXT, numbers, numbers, numbers, st.just(True), st.just(""), numbers)
dropped = st.tuples(TEXT, numbers, st.none(), st.none(), st.just(False), TEXT, numbers)


@settings(max_examples=50)
@given(st.lists(kept | dropped, min_size=1, max_size=6))
def test_rows_come_back_as_they_were(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("pruned") / "pruned.csv"
    write_pruned(pruned_table(rows), path)
    pd.testing.assert_frame_equal(read_pruned(path), pruned_table(rows))


def test_a_row_a_shot_with_empty_cells_where_it_is_dropped(tmp_path):
    path = tmp_path / "pruned.csv"
    write_pruned(pruned_table(ROWS), path)
    assert path.read_text().splitlines() == [
        "video,shot,first,last,kept,reason,fallbacks",
        "001,0,11,30,True,,0",
        "001,1,,,False,shorter than 20 frames (3),0",
        "NA,7,0,2000000,True,,3",
    ]


def test_kept_runs_are_those_of_the_kept_shots(tmp_path):
    path = tmp_path / "pruned.csv"
    write_pruned(pruned_table(ROWS), path)
    runs = kept_runs(read_pruned(path))
    assert runs == {("001", 0): (11, 30), ("NA", 7): (0, 2_000_000)}
    assert {type(number) for key, run in runs.items() for number in (key[1], *run)} == {int}


def test_no_shots_have_no_runs(tmp_path):
    path = tmp_path / "pruned.csv"
    write_pruned(pruned_table([]), path)
    assert kept_runs(read_pruned(path)) == kept_runs(pruned_table([])) == {}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_no_such_table_is_named(tmp_path, damage):
    path = tmp_path / "pruned.csv"
    write_pruned(pruned_table(ROWS), path)
    damage(path)
    assert is_refused(read_pruned, path, WHAT)


@pytest.mark.parametrize(
    "row", ["v,,1,2,True,,0", "v,0,1,2,,,0", "v,0,1.5,2,True,,0", "v,0,1,2,True,,", "v,0,1,2"]
)
def test_cells_of_another_type_are_refused(tmp_path, row):
    path = tmp_path / "pruned.csv"
    path.write_text(f"video,shot,first,last,kept,reason,fallbacks\n{row}\n")
    assert is_refused(read_pruned, path, WHAT)


@pytest.mark.parametrize("frames", [",", "3,", ",3"])
def test_a_kept_shot_without_its_frames_is_refused(tmp_path, frames):
    path = tmp_path / "pruned.csv"
    path.write_text(
        f"video,shot,first,last,kept,reason,fallbacks\nv,0,1,2,True,,0\nv,1,{frames},True,,0\n"
    )
    assert is_refused(read_pruned, path, WHAT)


def test_nothing_half_written_is_left(tmp_path, monkeypatch):
    table = pruned_table(ROWS)
    assert leaves_nothing(lambda path: write_pruned(table, path), tmp_path, monkeypatch)

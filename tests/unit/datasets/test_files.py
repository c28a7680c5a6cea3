import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcnn.artefacts.skipped import Skipped, collecting, write_skipped
from mcnn.datasets.files import list_names, natural_key, read_rows
from mcnn.errors import DataError
from mcnn.files import read_bytes


@given(st.lists(st.integers(0, 10**6), unique=True))
def test_natural_order_is_that_of_the_numbers(numbers):
    names = sorted((f"frame_{number}.jpg" for number in numbers), key=natural_key)
    assert names == [f"frame_{number}.jpg" for number in sorted(numbers)]


@given(st.lists(st.text(max_size=8)))
def test_natural_order_compares_any_names(names):
    assert sorted(sorted(names, key=natural_key)) == sorted(names)


def test_list_names_leaves_hidden_files_out(tmp_path):
    for name in ("10.jpg", "9.jpg", ".DS_Store"):
        (tmp_path / name).touch()
    assert list_names(tmp_path) == ["9.jpg", "10.jpg"]


def test_missing_files_and_folders_are_named(tmp_path):
    with pytest.raises(DataError, match=r"absent.*missing.*Remedy"):
        read_bytes(tmp_path / "absent.jpg")
    with pytest.raises(DataError, match=r"absent.*cannot be read.*Remedy"):
        list_names(tmp_path / "absent")


def test_collecting_stops_or_skips():
    skipped = []
    with pytest.raises(DataError), collecting(skipped, "dog-0001", "stop"):
        raise DataError("a.jpg", "it is broken", "repair it")
    assert skipped == []
    with collecting(skipped, "dog-0001", "skip"):
        raise DataError("a.jpg", "it is broken", "repair it")
    assert skipped == [Skipped("dog-0001", "a.jpg: it is broken")]
    with pytest.raises(KeyError), collecting(skipped, "dog-0001", "skip"):
        raise KeyError


def test_skipped_csv_always_has_a_header(tmp_path):
    path = tmp_path / "skipped.csv"
    write_skipped([], path)
    assert path.read_text() == "item,reason\n"
    write_skipped([Skipped("a", "b, c")], path)
    assert path.read_text() == 'item,reason\na,"b, c"\n'


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (f"path,tags\n{'x' * 131_073},dog\n", "it is no CSV file"),
        (f'path,tags\n"a,dog\n{"x," * 70_000}\n', "it is no CSV file"),
        ("", "it lacks a column path or tags"),
        ("path\na\n", "it lacks a column path or tags"),
    ],
)
def test_what_is_no_table_is_named(tmp_path, content, problem):
    table = tmp_path / "videos.csv"
    table.write_text(content)
    with pytest.raises(DataError, match=rf"videos\.csv: {problem}.*Remedy"):
        read_rows(table, ("path", "tags"))


def test_missing_cells_are_empty_and_more_of_them_are_none(tmp_path):
    table = tmp_path / "videos.csv"
    table.write_bytes(b"\xef\xbb\xbfpath,more,tags\na\nb,1,dog,cat\n")
    rows = [{"path": "a", "tags": ""}, {"path": "b", "tags": "dog"}]
    assert read_rows(table, ("path", "tags")) == rows

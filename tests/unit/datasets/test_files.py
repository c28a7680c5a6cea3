import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcnn.artefacts.skipped import Skipped, collecting, write_skipped
from mcnn.datasets.files import list_names, natural_key
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

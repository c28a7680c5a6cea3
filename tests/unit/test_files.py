import errno

import pandas as pd
import pytest

from mcnn.errors import DataError, FullDiskError
from mcnn.files import atomic, new_folder, sha256, write_csv


def test_a_file_appears_only_when_it_is_complete(tmp_path):
    path = tmp_path / "folder" / "a.txt"
    with atomic(path) as partial:
        partial.write_text("new")
        assert not path.exists()
    assert path.read_text() == "new"
    assert [item.name for item in path.parent.iterdir()] == ["a.txt"]


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail():
        with atomic(path) as partial:
            partial.write_text("half")
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    assert path.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["a.txt"]


def test_a_table_has_no_index_column(tmp_path):
    write_csv(tmp_path / "t.csv", pd.DataFrame({"a": [1], "b": ["x"]}))
    assert (tmp_path / "t.csv").read_text() == "a,b\n1,x\n"


def test_sha256_is_of_the_content(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256(tmp_path / "a").startswith("ba7816bf8f01cfea")


@pytest.mark.parametrize("there", [False, True])
def test_a_folder_appears_only_when_it_is_complete(tmp_path, there):
    path = tmp_path / "deep" / "out"
    if there:
        path.mkdir(parents=True)
    with new_folder(path) as partial:
        (partial / "a").write_text("x")
        assert not (path / "a").exists()
    assert [item.name for item in path.iterdir()] == ["a"]
    assert [item.name for item in path.parent.iterdir()] == ["out"]


def test_an_error_leaves_no_folder(tmp_path):
    def fail():
        with new_folder(tmp_path / "out") as partial:
            (partial / "a").write_text("x")
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_named_by_what_was_asked_for(tmp_path):
    def fail():
        with new_folder(tmp_path / "out") as partial, atomic(partial / "a"):
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(FullDiskError, match=f"^{tmp_path / 'out'}: the disk at /"):
        fail()
    assert not list(tmp_path.iterdir())


def test_what_is_there_already_is_left_alone(tmp_path):
    (tmp_path / "file").write_text("mine")
    for path in (tmp_path, tmp_path / "file"):
        with pytest.raises(DataError, match="it is there already"), new_folder(path):
            pass
    assert (tmp_path / "file").read_text() == "mine"

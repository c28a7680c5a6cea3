import pytest

from mcnn.errors import DataError
from mcnn.files import new_folder


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


def test_an_error_leaves_nothing(tmp_path):
    def fail():
        with new_folder(tmp_path / "out") as partial:
            (partial / "a").write_text("x")
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    assert not list(tmp_path.iterdir())


def test_what_is_there_already_is_left_alone(tmp_path):
    (tmp_path / "file").write_text("mine")
    for path in (tmp_path, tmp_path / "file"):
        with pytest.raises(DataError, match="it is there already"), new_folder(path):
            pass
    assert (tmp_path / "file").read_text() == "mine"

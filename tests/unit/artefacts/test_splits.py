import pytest

from mcnn.artefacts.splits import read_split, write_split
from mcnn.errors import DataError

SHOTS = [(0, 8), (9, 22), (23, 29)]


def test_shots_come_back_as_they_were(tmp_path):
    path = tmp_path / "splits" / "video.csv"
    write_split(SHOTS, path)
    assert path.read_text().splitlines() == ["first,last,reason", "0,8,", "9,22,", "23,29,"]
    assert read_split(path) == SHOTS


def test_a_reason_comes_back_as_it_was(tmp_path):
    reason = 'a, "b": no\nvideo'
    write_split(reason, tmp_path / "video.csv")
    assert read_split(tmp_path / "video.csv") == reason


@pytest.mark.parametrize(
    "text", ["", "first\n1\n", "first,last,reason\n1,x,\n", "first,last,reason\n1,,\n"]
)
def test_broken_tables_are_named(tmp_path, text):
    path = tmp_path / "video.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=r"video\.csv: this is not a table of shots.*Remedy"):
        read_split(path)
    with pytest.raises(DataError, match=r"absent\.csv: a table of shots is missing.*Remedy"):
        read_split(tmp_path / "absent.csv")

"""Texts that readers take for something else, and files that are not what they should be."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import strategies as st

from mcnn.errors import DataError

NAMES = ["001", "1e5", "1_000", "2016-10-08", "NA", "nan", "null", "None", "True", "inf", "-", "#1"]
NAMES += ["", " ", "a,b", 'a "b"', "'", '"', "a\tb", "a\nb", "\n", "a\rb", "\r", "\r\n", "\\", "\0"]
NAMES += ["é", "\ufeffa"]

TEXT = st.sampled_from(NAMES) | st.text(st.characters(codec="utf-8"))


def absent(path):
    path.unlink()


def empty(path):
    path.write_bytes(b"")


def cut_short(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 8])


def noise(path):
    path.write_bytes(bytes(range(256)))


def other_text(path):
    path.write_text("a,b\n1,2\n")


def other_columns(path):
    path.unlink()
    pq.write_table(pa.table({"a": [1, 2]}), path)


def folder(path):
    path.unlink()
    path.mkdir()


DAMAGES = [absent, empty, cut_short, noise, other_text, other_columns, folder]


def is_refused(read, path, what):
    """Whether reading names the file, says what it should have been, and what to do."""
    with pytest.raises(DataError) as caught:
        read(path)
    message = str(caught.value)
    if not path.exists():
        return message == f"{path}: {what} is missing. Remedy: run again, which writes it."
    assert message.startswith(f"{path}: this is not {what} (")
    assert message.endswith("). Remedy: remove it and run again.")
    return True


def leaves_nothing(write, folder, monkeypatch):
    """Whether nothing is there after a failure at the end of writing, and the old file is kept."""

    def fail(*_):
        raise OSError("no space left on device")

    path = folder / "new" / "file"
    with monkeypatch.context() as patch:
        patch.setattr("mcnn.files.os.replace", fail)
        with pytest.raises(OSError, match="no space"):
            write(path)
        assert list(path.parent.iterdir()) == []
        path.write_text("old")
        with pytest.raises(OSError, match="no space"):
            write(path)
    assert path.read_text() == "old"
    return list(path.parent.iterdir()) == [path]

import errno
import logging
from contextlib import nullcontext

import pytest

from mcnn.artefacts.skipped import collecting
from mcnn.errors import SKIP, DataError
from mcnn.logs import logged


def test_an_error_of_the_data_ends_with_its_message_alone(tmp_path, capsys):
    with pytest.raises(SystemExit) as exit_, logged(tmp_path / "job.log"):
        raise DataError("a.jpg", "it is truncated", "copy it again")
    assert exit_.value.code == 1
    error = capsys.readouterr().err
    assert error == "ERROR: a.jpg: it is truncated. Remedy: copy it again.\n"
    assert "a.jpg: it is truncated" in (tmp_path / "job.log").read_text()


def fail(error, on_error):
    with collecting([], "a", on_error) if on_error else nullcontext():
        raise error


@pytest.mark.parametrize("on_error", ["stop", None])
def test_a_run_is_told_of_on_error_where_that_helps(tmp_path, capsys, on_error):
    error = DataError("a.jpg", "it is truncated", "copy it again")
    with pytest.raises(SystemExit), logged(tmp_path / "job.log"):
        fail(error, on_error)
    remedy = "Remedy: copy it again."
    expected = f"{remedy} {SKIP}" if on_error else remedy
    assert capsys.readouterr().err.strip().endswith(expected)


def test_another_error_keeps_its_traceback(tmp_path):
    with pytest.raises(ZeroDivisionError), logged(tmp_path / "job.log"):
        _ = 1 / 0
    assert "Traceback" in (tmp_path / "job.log").read_text()


def test_information_goes_to_the_file_and_warnings_to_the_terminal_too(tmp_path, capsys):
    with logged(tmp_path / "job.log"):
        logging.getLogger("x").info("quiet")
        logging.getLogger("x").warning("loud")
    text = (tmp_path / "job.log").read_text()
    assert "quiet" in text
    assert "loud" in text
    error = capsys.readouterr().err
    assert "loud" in error
    assert "quiet" not in error


def test_a_full_disk_ends_in_a_line(tmp_path, capsys):
    with pytest.raises(SystemExit) as exit_, logged(tmp_path / "job.log"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert exit_.value.code == 1
    error = capsys.readouterr().err
    assert error.startswith(f"ERROR: {tmp_path / 'job.log'}: the disk at /")
    assert error.count("\n") == 1


def test_a_full_disk_is_nothing_to_skip():
    skipped = []
    error = DataError("a.jpg", "it is truncated", "copy it again")
    error.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(DataError), collecting(skipped, "a", "skip"):
        raise error
    assert skipped == []


def test_a_log_on_a_full_disk_does_not_spoil_the_terminal(tmp_path, capsys):
    (tmp_path / "job.log").symlink_to("/dev/full")
    with logged(tmp_path / "job.log"):
        logging.getLogger("x").warning("loud")
    assert capsys.readouterr().err == "WARNING: loud\n"

import errno
import os
import pickle

import pytest

from mcnn.errors import DataError, FullDiskError, full_disk

NO_SPACE = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def caused(error, cause):
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        NO_SPACE,
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        RuntimeError("I/O error: No space left on device (os error 28)"),
        caused(DataError("a", "it is no mask", "copy it"), NO_SPACE),
    ],
)
def test_a_full_disk_is_recognised_whoever_says_so(tmp_path, error):
    found = full_disk(error, tmp_path / "new" / "b")
    assert str(found).startswith(f"{tmp_path / 'new' / 'b'}: the disk at /")
    assert "MB are free without it). Remedy: make room there" in str(found)
    assert str(pickle.loads(pickle.dumps(found))) == str(found)
    assert full_disk(caused(ValueError(), found), "elsewhere") is found


def test_an_error_that_names_its_file_keeps_it(tmp_path):
    error = OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "a"))
    assert str(full_disk(error, "b")).startswith(f"{tmp_path / 'a'}: ")


def test_other_errors_are_none_of_a_full_disk():
    assert full_disk(OSError(errno.EACCES, "Permission denied"), "a") is None


def test_the_disk_is_where_it_is_mounted():
    (mounted,) = [each for each in ("/proc",) if os.path.ismount(each)]
    assert f"the disk at {mounted} is full" in str(FullDiskError("/proc/self/no/such"))

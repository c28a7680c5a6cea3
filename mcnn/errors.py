"""The errors that people see: of the configuration, of the data, of a full disk; words for them."""

import difflib
import errno
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

UNPACK = "copy or unpack it again"
"""The remedy for files that are missing or broken."""

SKIP = "Or set `on_error: skip` to go on without it."
"""What a run can do beside, where a `DataError` is of something that it can leave out."""


FULL = (errno.ENOSPC, errno.EDQUOT)
"""What the operating system says of a full disk, and of a quota that is used up."""


class ConfigError(ValueError):
    """A setting that is unknown, ill-typed or out of range; the message names its path."""


class DataError(RuntimeError):
    """A file that is missing, broken or contradicts another one.

    Parameters
    ----------
    path
        The file or folder at fault.
    problem
        What is wrong with it, in one clause.
    remedy
        What the reader can do about it, in one clause.

    Attributes
    ----------
    may_be_skipped
        Whether a run can go on without it under ``on_error: skip``.

    Examples
    --------
    >>> str(DataError("a/b.jpg", "the image is truncated", "copy it again"))
    'a/b.jpg: the image is truncated. Remedy: copy it again.'
    """

    may_be_skipped = False

    def __init__(self, path: str | Path, problem: str, remedy: str) -> None:
        self.path, self.problem, self.remedy = str(path), problem, remedy
        super().__init__(f"{path}: {problem}. Remedy: {remedy}.")

    def __reduce__(self) -> tuple[type["DataError"], tuple[str, str, str]]:
        return type(self), (self.path, self.problem, self.remedy)


class FullDiskError(RuntimeError):
    """A disk or quota that is full while something is written.

    Parameters
    ----------
    path
        What was being written.
    """

    def __init__(self, path: str | Path) -> None:
        there = next(
            each
            for each in (Path(path).absolute(), *Path(path).absolute().parents)
            if each.exists()
        )
        disk = next(each for each in (there, *there.parents) if os.path.ismount(each))
        megabytes = shutil.disk_usage(disk).free / 1e6
        super().__init__(
            f"{path}: the disk at {disk} is full ({megabytes:.1f} MB are free without it). "
            "Remedy: make room there, and give the same command again."
        )
        self.path = str(path)

    def __reduce__(self) -> tuple[type["FullDiskError"], tuple[str]]:
        return type(self), (self.path,)


def full_disk(error: BaseException, path: str | Path) -> FullDiskError | None:
    """The error of a full disk, if that is what an error or one of its causes says.

    Parameters
    ----------
    error
        Any: of the operating system, or of a library that quotes it.
    path
        What was being written, if the error does not name it.

    Examples
    --------
    >>> full_disk(ValueError("negative"), ".") is None
    True
    """
    for each in _causes(error):
        if isinstance(each, FullDiskError):
            return each
        if getattr(each, "errno", None) in FULL or os.strerror(errno.ENOSPC) in str(each):
            return FullDiskError(getattr(each, "filename", None) or path)
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Clause that names the most similar of the known names, if one is similar.

    Examples
    --------
    >>> did_you_mean("bot", ["boat", "car"])
    " (did you mean 'boat'?)"
    >>> did_you_mean("unicorn", ["boat", "car"])
    ''
    """
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.7)
    return f" (did you mean {close[0]!r}?)" if close else ""

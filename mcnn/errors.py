"""The two errors that people see: of the configuration and of the data; words for them."""

import difflib
from collections.abc import Iterable
from pathlib import Path

UNPACK = "copy or unpack it again"
"""The remedy for files that are missing or broken."""

SKIP = "Or set `on_error: skip` to go on without it."
"""What a run can do beside, where a `DataError` is of something that it can leave out."""


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

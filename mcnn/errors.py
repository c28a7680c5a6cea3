"""The two errors that people see: of the configuration and of the data."""

from pathlib import Path

UNPACK = "copy or unpack it again, or set `on_error: skip` to go on without it"
"""The remedy for files that are missing or broken."""


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

    Examples
    --------
    >>> str(DataError("a/b.jpg", "the image is truncated", "copy it again"))
    'a/b.jpg: the image is truncated. Remedy: copy it again.'
    """

    def __init__(self, path: str | Path, problem: str, remedy: str) -> None:
        self.path, self.problem, self.remedy = str(path), problem, remedy
        super().__init__(f"{path}: {problem}. Remedy: {remedy}.")

    def __reduce__(self) -> tuple[type["DataError"], tuple[str, str, str]]:
        return type(self), (self.path, self.problem, self.remedy)

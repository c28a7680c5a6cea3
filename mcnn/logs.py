"""Log files of jobs."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mcnn.errors import SKIP, ConfigError, DataError, full_disk

log = logging.getLogger(__name__)


@contextmanager
def logged(path: str | Path) -> Iterator[None]:
    """Log the work of a block to a file; warnings and errors to the terminal, too.

    An error of the data or of the configuration, and a full disk, end the process with the message
    alone; any other error keeps its traceback.

    Parameters
    ----------
    path
        Log file, written anew.
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    file = logging.FileHandler(path, mode="w")
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setLevel(logging.WARNING)
    terminal.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[file, terminal], force=True)
    logging.captureWarnings(True)
    # Where the disk is full, a line that the file does not take is still on the terminal.
    logging.raiseExceptions = False
    try:
        yield
    except Exception as error:
        full = full_disk(error, path)
        if full is None and not isinstance(error, DataError | ConfigError):
            log.exception("unexpected error")
            raise
        skippable = full is None and isinstance(error, DataError) and error.may_be_skipped
        log.error("%s", f"{error} {SKIP}" if skippable else full or error)
        raise SystemExit(1) from error

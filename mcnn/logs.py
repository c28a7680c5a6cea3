"""Log files of jobs."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mcnn.errors import SKIP, ConfigError, DataError

log = logging.getLogger(__name__)


@contextmanager
def logged(path: str | Path) -> Iterator[None]:
    """Log the work of a block to a file; warnings and errors to the terminal, too.

    An error of the data or of the configuration ends the process with its message alone; any
    other one keeps its traceback.

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
    try:
        yield
    except (DataError, ConfigError) as error:
        skippable = isinstance(error, DataError) and error.may_be_skipped
        log.error("%s", f"{error} {SKIP}" if skippable else error)
        raise SystemExit(1) from error
    except Exception:
        log.exception("unexpected error")
        raise

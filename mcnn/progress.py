"""Progress of long work: a bar on a terminal, a log line now and then elsewhere."""

import logging
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")
SECONDS_BETWEEN_LINES = 15.0


def track(items: Iterable[T], total: int, what: str, start: int = 0) -> Iterator[T]:
    """Iterate with a progress bar if standard error is a terminal, else with log lines.

    Parameters
    ----------
    items
        What to iterate over.
    total
        Their number, those before `start` included.
    what
        Name of the work.
    start
        How many were done before.
    """
    if sys.stderr.isatty():
        yield from tqdm(items, desc=what, total=total, initial=start, leave=False)
        return
    log = logging.getLogger(__name__)
    began = last = time.monotonic()
    for done, item in enumerate(items, start=start + 1):
        yield item
        now = time.monotonic()
        if now - last >= SECONDS_BETWEEN_LINES:
            rate = (done - start) / (now - began)
            log.info("%s: %d of %d, %s, %s left", what, done, total, *_pace(rate, total - done))
            last = now


def _pace(rate: float, left: int) -> tuple[str, str]:
    """What an item takes, and what the rest of them do, in units that people read."""
    pace = f"{rate:.1f}/s" if rate >= 1 else f"{1 / rate:.1f} s each"
    seconds = left / rate
    if seconds < 100:
        return pace, f"{seconds:.0f} s"
    minutes = seconds / 60
    return pace, f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:.1f} h"

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
            log.info(
                "%s: %d of %d, %.1f/s, %.0f s left", what, done, total, rate, (total - done) / rate
            )
            last = now

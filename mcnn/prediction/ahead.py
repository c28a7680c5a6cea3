"""A pool of threads that works ahead of the one who asks."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Pool:
    """Threads; on an error or Ctrl-C, what they have not begun is dropped."""

    def __init__(self, threads: int) -> None:
        self._threads, self._executor = threads, ThreadPoolExecutor(threads)
        self._unfinished: set[Future[Any]] = set()

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown(cancel_futures=True)

    def settle(self) -> None:
        """Drop what has not begun, and wait for the rest: afterwards nobody writes anything."""
        unfinished = list(self._unfinished)
        for future in unfinished:
            future.cancel()
        wait(unfinished)

    def ahead(self, work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """Results in order, at most a few items ahead of the one that is asked for."""
        waiting: deque[Future[R]] = deque()
        for item in items:
            future = self._executor.submit(work, item)
            self._unfinished.add(future)
            future.add_done_callback(self._unfinished.discard)
            waiting.append(future)
            if len(waiting) > 2 * self._threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

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

    def submit(self, work: Callable[..., R], *arguments: Any) -> "Future[R]":
        """Let a thread call it, after what it was given before."""
        future = self._executor.submit(work, *arguments)
        self._unfinished.add(future)
        future.add_done_callback(self._unfinished.discard)
        return future

    def ahead(
        self, work: Callable[[T], R], items: Iterable[T], most: int | None = None
    ) -> Iterator[R]:
        """Results in order, while the threads work on what is to come.

        Parameters
        ----------
        work
            Called by the threads.
        items
            Taken in the thread of the one who asks.
        most
            Items ahead of the one that is asked for; None: two for each thread.
        """
        most = 2 * self._threads if most is None else most
        waiting: deque[Future[R]] = deque()
        for item in items:
            waiting.append(self.submit(work, item))
            if len(waiting) > most:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def read_ahead(items: Iterator[T], pool: Pool, most: int) -> Iterator[T]:
    """The items of a generator that runs in a thread, a few ahead.

    Parameters
    ----------
    items
        The generator; an error of its is raised in its turn.
    pool
        Of one thread, so that no two run the generator.
    most
        Items ahead of the one that is asked for.
    """
    end = object()
    for item in pool.ahead(lambda _: next(items, end), iter(int, 1), most):
        if item is end:
            return
        yield item  # type: ignore[misc]

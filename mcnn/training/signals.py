"""Signals that ask a training to end: it leaves its state first."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)
"""Ctrl-C; the end of a cluster's job, by its time or by hand; the cluster's warning."""


class Stopped(SystemExit):
    """The end by a signal; the exit code is the shell's, 128 and the signal's number."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.name = signal.Signals(number).name


class StopSignals:
    """A block that ends by `Stopped` when a signal comes, except within `held`.

    Signals that are ignored, as SIGINT is in the background of a shell, stay so. Only the main
    thread of a process can receive signals; in others the block changes nothing.

    Examples
    --------
    >>> with StopSignals() as signals:  # doctest: +SKIP
    ...     gradient = work()  # Ends here,
    ...     with signals.held():
    ...         update(gradient)  # not here.
    """

    def __init__(self) -> None:
        self._before: dict[int, object] = {}
        self._holds, self._pending = False, 0

    def __enter__(self) -> "StopSignals":
        if threading.current_thread() is threading.main_thread():
            heard = [each for each in SIGNALS if signal.getsignal(each) is not signal.SIG_IGN]
            self._before = {each: signal.signal(each, self._receive) for each in heard}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    @contextmanager
    def held(self) -> Iterator[None]:
        """Put signals off to the end of the block."""
        self._holds = True
        try:
            yield
        finally:
            self._holds = False
        self.check()

    def hold(self) -> None:
        """Put signals off for good: the block is about to end anyway."""
        self._holds = True

    def check(self) -> None:
        """End here if a signal has come.

        One that came while a library called back into Python was lost: there exceptions are
        printed, and go no further.
        """
        if self._pending:
            raise Stopped(self._pending)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self._pending = number
        if not self._holds:
            raise Stopped(number)

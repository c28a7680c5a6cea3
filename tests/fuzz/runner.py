"""Starts workers, and takes note of those that die or do not answer."""

import json
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECONDS, SECONDS_TO_START = 10.0, 120.0


Job = tuple[str, int, int]


@dataclass(frozen=True)
class Failure:
    """A case that went wrong, and how."""

    target: str
    case: int
    what: str


Outcome = tuple[str, int, Failure | None]


def run_cases(jobs: Sequence[Job], seconds: float = SECONDS) -> Iterator[Outcome]:
    """Cases of targets and what is wrong with each; a worker that dies is replaced.

    Parameters
    ----------
    jobs
        A target, the number of its first case, and how many. One process runs them all.
    seconds
        Until a case is taken to hang.

    Yields
    ------
    target, case, None or the failure
    """
    left = list(jobs)
    while left:
        for target, case, failure in _one_worker(left, seconds):
            while left[0][0] != target:
                left.pop(0)
            _, first, count = left[0]
            left[0] = target, case + 1, first + count - case - 1
            yield target, case, failure
        left = [job for job in left if job[2] > 0]


def _one_worker(jobs: Sequence[Job], seconds: float) -> Iterator[Outcome]:
    command = [sys.executable, str(Path(__file__).with_name("worker.py")), json.dumps(jobs)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    current: tuple[str, int] | None = None
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as worker:
        for line in _lines(worker, seconds):
            if line is None:
                worker.kill()
                if current is None:
                    raise RuntimeError("the worker does not start")
                yield *current, Failure(*current, f"it hangs for {seconds:.0f} seconds")
                return
            message = json.loads(line)
            if isinstance(message, list):
                current = message[0], message[1]
            else:
                assert current is not None
                yield *current, None if message is None else Failure(*current, message)
                current = None
        code = worker.wait()
        if current is not None:
            name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            yield *current, Failure(*current, f"the process ended by {name}")
        elif code:
            assert worker.stderr is not None
            text = worker.stderr.read().decode(errors="replace")
            raise RuntimeError(f"the worker ended with {code}: {text}")


def _lines(worker: "subprocess.Popen[bytes]", seconds: float) -> Iterator[bytes | None]:
    """Lines that a worker writes; None if there is none for too long."""
    stream = worker.stdout
    assert stream is not None
    rest, started = b"", False
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while True:
            if not selector.select(seconds if started else SECONDS_TO_START):
                yield None
                return
            read = os.read(stream.fileno(), 2**16)
            if not read:
                return
            started = True
            *lines, rest = (rest + read).split(b"\n")
            yield from lines

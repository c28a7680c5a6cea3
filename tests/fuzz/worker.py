"""Runs cases of targets in a process of its own, and says what becomes of each.

A line of JSON per message on the standard output: target and number of a case before it runs, and
after it ``null`` or what is wrong.
"""

import json
import os
import random
import resource
import sys
import tempfile
import traceback
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.target import Target
from mcnn.errors import ConfigError, DataError

ADDRESSES = 16 * 2**30
"""Of a process: beyond this, memory is refused to it, to save the machine."""

MOST_MEMORY = 10**9
"""Bytes that are in memory at most."""


def bytes_of_case(target: Target, corpus: list[bytes], name: str, case: int) -> bytes:
    """The damaged file of a case."""
    return target.damage(random.Random(f"{name} {case}"), corpus)


def complaint(target: Target, path: Path) -> str | None:
    """What is wrong with how a reader takes a file; None if nothing is."""
    try:
        target.read(path)
    except (DataError, ConfigError) as error:
        message = str(error)
        if message.startswith("the configuration is not valid:\n"):
            return None  # It names keys, whose file is one of several.
        if (target.named or path.stem) not in message:
            return f"the error does not name the file: {message[:300]!r}"
        if isinstance(error, DataError) and "Remedy: " not in message:
            return f"the error has no remedy: {message[:300]!r}"
    except BaseException as error:
        last = traceback.extract_tb(error.__traceback__)[-3:]
        places = " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in last[::-1])
        return f"{type(error).__name__}: {str(error)[:200]!r} at {places}"
    return None


def _peak() -> int:
    """Most bytes that were in memory since `_forget_peak`."""
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.partition("VmHWM:")[2].split()[0])


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _target(name: str) -> Target:
    if name.startswith("fault: "):
        from fuzz.faults import FAULTS

        return FAULTS[name]
    from fuzz.targets import TARGETS  # Seconds, which faults need not.

    return TARGETS[name]


def _check_sound(target: Target, corpus: list[bytes], path: Path) -> None:
    """Sound files are read, whatever the damaged ones do."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for data in corpus:
        path.write_bytes(data)
        target.read(path)


def main(jobs: list[tuple[str, int, int]]) -> None:
    """Run cases `first`, `first + 1`, ... of each target: name, first, count."""
    out = os.fdopen(os.dup(1), "w", buffering=1)
    quiet = os.open(os.devnull, os.O_WRONLY)
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for name, first, count in jobs:
        target = _target(name)
        with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
            os.chdir(folder)
            corpus = target.corpus(Path(folder))
            path = Path(folder) / target.file
            _check_sound(target, corpus, path)
            # Libraries write about what they read.
            errors = os.dup(2)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            for case in range(first, first + count):
                print(json.dumps([name, case]), file=out)
                path.write_bytes(bytes_of_case(target, corpus, name, case))
                _forget_peak()
                found = complaint(target, path)
                if found is None and _peak() > MOST_MEMORY:
                    found = f"{_peak() >> 20} MB were in memory"
                print(json.dumps(found), file=out)
            os.dup2(errors, 2)
            os.close(errors)
            os.chdir("/")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))

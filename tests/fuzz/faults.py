"""Readers that fail in every way there is, to see that it is noticed."""

import ctypes
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fuzz.target import Target
from mcnn.errors import DataError

SOUND = b"sound"


def _sound(folder: Path) -> Sequence[Path]:
    (folder / "a").write_bytes(SOUND)
    return [folder / "a"]


def crash(path: Path) -> None:
    ctypes.string_at(0)


def hang(path: Path) -> None:
    time.sleep(60)


def leave(path: Path) -> None:
    sys.exit()


def raise_another(path: Path) -> None:
    raise KeyError("tags")


def fill_memory(path: Path) -> None:
    np.ones(2**30, np.uint8)


def ask_for_too_much(path: Path) -> None:
    np.empty(2**45, np.uint8)


def forget_the_file(path: Path) -> None:
    raise DataError("another", "it is broken", "copy it again")


def nothing(path: Path) -> None:
    raise DataError(path, "it is broken", "copy it again")


def _target(fail):
    """Sound files are read, and every second damaged one."""

    def read(path: Path) -> None:
        if path.read_bytes() != SOUND:
            fail(path)

    def damage(draw, corpus):
        return draw.choice((b"damaged", SOUND))

    return Target("damaged.bin", read, _sound, damage)


FAULTS = {
    f"fault: {fail.__name__}": _target(fail)
    for fail in (
        *(crash, hang, leave, raise_another, fill_memory, ask_for_too_much, forget_the_file),
        nothing,
    )
}

"""What a configuration is made of; YAML can say more than settings can be."""

import math
from collections.abc import Mapping
from typing import Any

from mcnn.errors import ConfigError

DEEPEST, MOST = 30, 100_000
"""Levels and values of a configuration; those of the project have 7 and 600."""

_LARGEST = 2**63


def check_structure(config: Any) -> None:
    """Refuse what is no plain tree of settings.

    Raises
    ------
    ConfigError
        With the path of the first key that is no text, number that is not finite or has more than
        64 bits, text that is no Unicode, or level too deep, which is also said of anchors that
        contain themselves. Or if there are too many values, for example by anchors in anchors.
    """
    pending: list[tuple[tuple[str, ...], Any]] = [((), config)]
    count = 0
    while pending:
        path, value = pending.pop()
        count += 1
        if count > MOST:
            raise _error((), f"more than {MOST} values", "fewer; anchors count wherever they stand")
        if len(path) > DEEPEST:
            raise _error(path[:3], f"more than {DEEPEST} levels", "settings of a few levels")
        if isinstance(value, Mapping):
            for key, below in value.items():
                if not isinstance(key, str):
                    got = f"the key {key!r} ({type(key).__name__})"
                    raise _error(path, got, f"a text as key, for example '{key}' in quotes")
                _check_text((*path, key), key)
                pending.append(((*path, key), below))
        elif isinstance(value, list | tuple | set):
            pending += [((*path, str(i)), below) for i, below in enumerate(value)]
        elif isinstance(value, str):
            _check_text(path, value)
        elif isinstance(value, float) and not math.isfinite(value):
            raise _error(path, f"got {value}", "a finite number")
        elif isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
            raise _error(path, "got a number of more than 64 bits", "a smaller one")


def _check_text(path: tuple[str, ...], text: str) -> None:
    try:
        text.encode()
        if "\0" in text:
            raise ValueError("no path can hold it")
    except ValueError:
        raise _error(path, f"got {text!a}", "a text of UTF-8, without NUL") from None


def _error(path: tuple[str, ...], got: str, expected: str) -> ConfigError:
    where = ascii(".".join(path))[1:-1] if path else "the settings"
    return ConfigError(f"the configuration is not valid:\n  {where}: {got}, expected: {expected}")

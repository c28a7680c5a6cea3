"""How all commands behave: a line for an error, several files after --configfile."""

import io
import math
import sys
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from mcnn.errors import ConfigError, DataError, full_disk


class Commands(TyperGroup):
    """Ends with a line that says what is wrong; with --debug, with the traceback as well."""

    debug = False

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take --debug wherever it stands: one adds it at the end of what went wrong."""
        self.debug = "--debug" in args
        return super().parse_args(ctx, [word for word in args if word != "--debug"])

    def main(self, *args: Any, **options: Any) -> Any:
        """Run a command. Exit codes: 1 of the data, 2 of the configuration and the arguments."""
        if isinstance(sys.stdout, io.TextIOWrapper):
            # Names of files need not be UTF-8.
            sys.stdout.reconfigure(errors="backslashreplace")
        try:
            return super().main(*args, **options)
        except Exception as error:
            if self.debug:
                raise
            typer.echo(f"mcnn: {_line(error)}", err=True)
            sys.exit(2 if isinstance(error, ConfigError) else 1)


class Configured(TyperCommand):
    """A command without arguments whose --configfile takes several files, as Snakemake's."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Repeat the option before each of its files."""
        words: list[str] = []
        for word in args:
            follows = len(words) > 1 and words[-2] == "--configfile"
            words += ["--configfile", word] if follows and not word.startswith("-") else [word]
        return super().parse_args(ctx, words)


def finite(parameter: typer.CallbackParam, value: float) -> float:
    """Callback of an option that refuses infinity and what is no number, which ranges include."""
    if not math.isfinite(value):
        raise ConfigError(f"{parameter.opts[0]}: got {value}, expected: a finite number")
    return value


def _line(error: Exception) -> str:
    full = full_disk(error, ".")
    if full is not None:
        return str(full)
    if isinstance(error, ConfigError | DataError):
        return str(error)
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}. Remedy: make room there, or name another path."
    what = " ".join(f"{type(error).__name__}: {error}".split())
    return f"this should not happen ({what}). Remedy: report it with what --debug shows."

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from mcnn.cli import app
from mcnn.commands import Commands
from mcnn.errors import ConfigError, DataError, FullDiskError

ROOT = Path(__file__).parents[2]


def run(*arguments):
    return CliRunner().invoke(app, list(arguments))


def ending_in(error):
    """Outcome of a command that raises an error, with further arguments."""
    own = typer.Typer(cls=Commands, pretty_exceptions_enable=False)

    @own.callback()
    def main(debug: bool = False) -> None: ...

    @own.command()
    def fail(word: str) -> None:
        raise error

    return lambda *arguments: CliRunner().invoke(own, ["fail", *arguments])


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (DataError("a.jpg", "it is cut", "copy it"), 1, "a.jpg: it is cut. Remedy: copy it."),
        (ConfigError("labels.x: unknown key"), 2, "labels.x: unknown key"),
        (
            PermissionError(13, "Permission denied", "out"),
            1,
            "out: Permission denied. Remedy: make room there, or name another path.",
        ),
        (
            OSError(28, "No space left on device", "/proc/x"),
            1,
            str(FullDiskError("/proc/x")),
        ),
        (
            ZeroDivisionError("division\nby zero"),
            1,
            "this should not happen (ZeroDivisionError: division by zero). Remedy: report it with "
            "what --debug shows.",
        ),
    ],
)
def test_an_error_ends_in_a_line_and_with_debug_in_its_traceback(error, code, line):
    outcome = ending_in(error)("word")
    assert (outcome.exit_code, outcome.stdout) == (code, "")
    assert outcome.stderr == f"mcnn: {line}\n"
    for arguments in (["word", "--debug"], ["--debug", "word"]):
        assert ending_in(error)(*arguments).exception is error


def test_an_interrupted_command_ends_with_the_code_of_its_signal():
    outcome = ending_in(KeyboardInterrupt())("word")
    assert (outcome.exit_code, outcome.stdout) == (130, "")


def test_the_short_option_shows_the_help_of_a_command_too():
    assert "check-data" in run("-h").output
    assert "--probabilities" in run("predict", "-h").output


def test_the_version_is_shown():
    outcome = run("--version")
    assert outcome.exit_code == 0
    assert outcome.output.split()[0] == "mcnn"
    assert outcome.output.split()[1][0].isdigit()


@pytest.mark.parametrize("command", ["check-config", "check-data", "plan"])
@pytest.mark.parametrize(
    "arguments",
    [["--configfile", "a.yaml", "b.yaml"], ["--configfile=a.yaml", "--configfile", "b.yaml"]],
)
def test_config_files_are_given_as_to_snakemake(tmp_path, monkeypatch, command, arguments):
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text("run: base\nlabels: {rounds: 0}")
    Path("a.yaml").write_text("run: first\nlabels: {lambda: -1}")
    Path("b.yaml").write_text("labels: {gamma: -2}")
    outcome = run(command, *arguments)
    assert outcome.exit_code == 2
    for key in ("labels.rounds: got 0", "labels.lambda: got -1", "labels.gamma: got -2"):
        assert key in outcome.stderr


def test_names_that_are_not_utf_8_are_printed_with_escapes():
    own = typer.Typer(cls=Commands)

    @own.callback()
    def main() -> None: ...

    @own.command()
    def say() -> None:
        typer.echo("caf\udce9")

    outcome = CliRunner().invoke(own, ["say"])
    assert (outcome.exit_code, outcome.stdout) == (0, "caf\\udce9\n")

"""Commands that score and export what the others wrote."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from mcnn.errors import DataError


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(evaluate)


def evaluate(
    predictions: Annotated[
        Path, typer.Argument(metavar="PRED", help="Folder of label maps, PNGs of indices.")
    ],
    truth: Annotated[
        Path, typer.Argument(metavar="GT", help="Folder of ground truth, as SegmentationClass.")
    ],
    names: Annotated[
        Path | None,
        typer.Option("--list", help="File of the images to score, one a line; else all of GT."),
    ] = None,
    class_: Annotated[
        list[str] | None,
        typer.Option("--class", help="Class to score, several times if there are more; else all."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="CSV file to write.")] = None,
) -> None:
    """Score label maps against ground truth: IoU per class, and its mean."""
    from mcnn.evaluation.label_files import read_list, score_label_files
    from mcnn.files import write_csv

    with _errors():
        listed = None if names is None else read_list(names)
        table = score_label_files(predictions, truth, listed, class_ or None)
        if out is not None:
            write_csv(out, table)
    typer.echo(table.to_string(index=False, na_rep="-", float_format="{:.4f}".format))


@contextmanager
def _errors() -> Iterator[None]:
    """Print errors of the data, and end with exit code 1."""
    try:
        yield
    except DataError as error:
        typer.echo(f"mcnn: {error}", err=True)
        raise typer.Exit(1) from None

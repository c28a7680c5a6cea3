"""Reading artefacts: tables with checked columns, and one error for what is broken."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from mcnn.errors import DataError

Kinds = Mapping[str, type | str]
"""Type of each column of a CSV file, as pandas names them; str is text, whatever it looks like."""


def broken(path: str | Path, what: str, error: object) -> DataError:
    """Error of an artefact that is missing, damaged or of another kind.

    Parameters
    ----------
    path
        The file.
    what
        What it should have been, with its article.
    error
        What reading it said.
    """
    if not Path(path).exists():
        return DataError(path, f"{what} is missing", "run again, which writes it")
    return DataError(path, f"this is not {what} ({error})", "remove it and run again")


def read_csv(path: str | Path, kinds: Kinds, what: str) -> pd.DataFrame:
    """Read the named columns of a CSV file, each as its type.

    Text stays as it is written: a video may be called ``001`` or ``NA``. Only in columns of other
    types an empty cell is a missing value.

    Parameters
    ----------
    path
        The file.
    kinds
        Columns wanted, in order, and their types.
    what
        For the error, see `broken`.

    Raises
    ------
    DataError
        If the file is missing, or lacks a column or holds what is not of its type.
    """
    missing = {name: [""] for name, kind in kinds.items() if kind is not str}
    try:
        table = pd.read_csv(
            path, dtype=dict(kinds), keep_default_na=False, na_values=missing, usecols=list(kinds)
        )
    # ParserError and UnicodeDecodeError are ValueErrors; a fraction in an Int64 is a TypeError.
    except (OSError, ValueError, OverflowError, TypeError) as error:
        raise broken(path, what, error) from error
    return table[list(kinds)]


@contextmanager
def open_parquet(path: str | Path, schema: pa.Schema, what: str) -> Iterator[pq.ParquetFile]:
    """Open a parquet file of a schema; an error of reading it in the block is a `DataError`.

    Parameters
    ----------
    path, schema, what
        See `read_parquet`.

    Raises
    ------
    DataError
        If the file is missing or damaged, or lacks a column.
    """
    try:
        with pq.ParquetFile(path) as file:
            lacking = [name for name in schema.names if name not in file.schema_arrow.names]
            if lacking:
                raise broken(path, what, f"it has no column {lacking[0]}")
            yield file
    except (OSError, pa.ArrowException) as error:
        raise broken(path, what, error) from error


def read_parquet(
    path: str | Path,
    schema: pa.Schema,
    what: str,
    columns: Sequence[str] | None = None,
    **options: Any,
) -> pa.Table:
    """Read a parquet file of a schema.

    Parameters
    ----------
    path
        The file.
    schema
        Its columns and types.
    what
        For the error, see `broken`.
    columns
        Those wanted; None: all.
    options
        Further arguments of `pyarrow.parquet.read_table`.

    Raises
    ------
    DataError
        If the file is missing or of another schema.
    """
    # `read_table` takes a folder for a file without rows, and a missing column for nulls.
    with open_parquet(path, schema, what):
        return pq.read_table(path, schema=schema, columns=columns, **options)

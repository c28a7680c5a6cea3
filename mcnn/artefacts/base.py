"""Reading artefacts: tables with checked columns, and one error for what is broken."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mcnn.errors import DataError
from mcnn.files import refuse_foreign_name

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS, MOST_BYTES = 2**20, 2**29
"""Of a parquet file, and of a group of its rows unpacked: ten hours of frames, 512 MB of them."""

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


def read_csv(path: str | Path, kinds: Kinds, what: str) -> "pd.DataFrame":
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
    import pandas as pd  # Half a second, and many jobs read no table.

    missing = {name: [""] for name, kind in kinds.items() if kind is not str}
    try:
        table = pd.read_csv(
            path, dtype=dict(kinds), keep_default_na=False, na_values=missing, usecols=list(kinds)
        )
    # ParserError and UnicodeDecodeError are ValueErrors; a fraction in an Int64 is a TypeError.
    except (OSError, ValueError, OverflowError, TypeError, MemoryError) as error:
        raise broken(path, what, error) from error
    return table[list(kinds)]


@contextmanager
def damage_named(path: str | Path, what: str) -> Iterator[None]:
    """Turn what pyarrow, and taking its rows apart, raise of a damaged file into a `DataError`.

    Parameters
    ----------
    path, what
        See `broken`.
    """
    try:
        yield
    except DataError:
        raise
    # A file whose pages are damaged has rows that are cut, empty or of other types: all of these
    # have been seen.
    except (
        *(OSError, pa.ArrowException, ValueError, LookupError, TypeError),
        *(AttributeError, OverflowError, MemoryError),
    ) as error:
        raise broken(path, what, error) from error


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
        If the file is missing or damaged, or lacks a column, or declares more than `MOST_ROWS` or
        `MOST_BYTES`.
    """
    refuse_foreign_name(path)
    with damage_named(path, what), pq.ParquetFile(path) as file:
        check_parquet(file, path, schema, what)
        yield file


def check_parquet(file: pq.ParquetFile, path: str | Path, schema: pa.Schema, what: str) -> None:
    """What `open_parquet` checks."""
    for field in schema:
        if field.name not in file.schema_arrow.names:
            raise broken(path, what, f"it has no column {field.name}")
        found = file.schema_arrow.field(field.name).type
        if found != field.type:
            raise broken(path, what, f"its column {field.name} is of {found}, not {field.type}")
    groups = [file.metadata.row_group(k) for k in range(file.num_row_groups)]
    if sum(group.num_rows for group in groups) > MOST_ROWS:
        raise broken(path, what, f"it declares more than {MOST_ROWS} rows")
    if any(group.total_byte_size > MOST_BYTES for group in groups):
        raise broken(path, what, f"it declares more than {MOST_BYTES} bytes")


def read_parquet(
    path: str | Path,
    schema: pa.Schema,
    what: str,
    columns: Sequence[str] | None = None,
    nullable: Collection[str] = (),
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
    nullable
        Those that may be empty in a row.
    options
        Further arguments of `pyarrow.parquet.read_table`.

    Raises
    ------
    DataError
        If the file is missing or of another schema, or a cell is empty.
    """
    # `read_table` takes a folder for a file without rows, and a missing column for nulls.
    with open_parquet(path, schema, what):
        table = pq.read_table(path, schema=schema, columns=columns, **options)
        table.validate(full=True)
        refuse_empty(table, path, what, nullable)
        return table


def refuse_empty(
    table: pa.Table, path: str | Path, what: str, nullable: Collection[str] = ()
) -> None:
    """Raise the error of `broken` if a cell is empty in a column that is not `nullable`."""
    for name in table.column_names:
        column = table[name]
        lists = pa.types.is_list(column.type)
        empty = column.null_count + (pc.list_flatten(column).null_count if lists else 0)
        if empty and name not in nullable:
            raise broken(path, what, f"its column {name} has no value in a row")

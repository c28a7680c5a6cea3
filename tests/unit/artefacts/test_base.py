import pickle

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from awkward import DAMAGES, NAMES, TEXT, is_refused
from hypothesis import given, settings
from hypothesis import strategies as st

from mcnn.artefacts.base import broken, read_csv, read_parquet
from mcnn.errors import DataError
from mcnn.files import write_csv

KINDS = {"name": str, "count": int, "place": "Int64", "share": float, "kept": bool, "why": str}
SCHEMA = pa.schema([("name", pa.string()), ("count", pa.int32()), ("tags", pa.list_(pa.string()))])


def read_table(path):
    return read_csv(path, KINDS, "a table")


def read_file(path):
    return read_parquet(path, SCHEMA, "a file")


def write_table(path, rows=(("001", 1, 2, 0.5, True, "x"),)):
    table = pd.DataFrame(rows, columns=list(KINDS)).astype({"place": "Int64"})
    write_csv(path, table)
    return table


def write_file(path, rows=({"name": "001", "count": 1, "tags": ["NA"]},)):
    pq.write_table(pa.Table.from_pylist(list(rows), SCHEMA), path)


@settings(max_examples=50)
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=5))
def test_text_stays_text(tmp_path_factory, pairs):
    path = tmp_path_factory.mktemp("base") / "t.csv"
    write_table(path, [(name, 1, 2, 0.5, True, why) for name, why in pairs])
    table = read_table(path)
    assert list(zip(table["name"], table["why"], strict=True)) == pairs


@pytest.mark.parametrize("name", NAMES)
def test_a_column_of_one_awkward_name_stays_text(tmp_path, name):
    path = tmp_path / "t.csv"
    write_table(path, [(name, 1, 2, 0.5, True, name)] * 3)
    table = read_table(path)
    assert table["name"].tolist() == table["why"].tolist() == [name] * 3


def test_a_carriage_return_ends_no_row_and_changes_no_other_cell(tmp_path):
    path = tmp_path / "t.csv"
    table = write_table(path, [("a\rb", 1, pd.NA, 0.1, True, ""), ("", -2, 3, None, False, "\r")])
    pd.testing.assert_frame_equal(read_table(path), table, check_exact=True)


@settings(max_examples=50)
@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=5))
def test_numbers_come_back_to_the_last_bit(tmp_path_factory, numbers):
    path = tmp_path_factory.mktemp("base") / "t.csv"
    write_table(path, [("a", 1, 2, number, True, "") for number in numbers])
    assert read_table(path)["share"].tolist() == numbers


def test_columns_come_in_the_order_asked_for_and_others_are_left(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("why,extra,kept,share,place,count,name\nx,9,False,0.5,,7,001\n")
    table = read_table(path)
    assert list(table) == list(KINDS)
    assert table.iloc[0].tolist() == ["001", 7, pd.NA, 0.5, False, "x"]
    kinds = ["str", "int64", "Int64", "float64", "bool", "str"]
    assert [str(kind) for kind in table.dtypes] == kinds


def test_empty_cells_are_missing_in_columns_that_are_no_text(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("name,count,place,share,kept,why\n,1,,,True,\n")
    table = read_table(path)
    assert table[["name", "why"]].iloc[0].tolist() == ["", ""]
    assert table.isna().to_numpy().tolist() == [[False, False, True, True, False, False]]


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_no_such_table_is_named(tmp_path, damage):
    path = tmp_path / "t.csv"
    write_table(path)
    damage(path)
    assert is_refused(read_table, path, "a table")


@pytest.mark.parametrize("name", KINDS)
def test_a_column_that_is_missing_is_an_error(tmp_path, name):
    path = tmp_path / "t.csv"
    write_csv(path, write_table(path).drop(columns=name))
    assert is_refused(read_table, path, "a table")


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        *(("count", cell) for cell in ("x", "1.5", "", "NA", "nan", "9" * 25, '"')),
        *(("place", cell) for cell in ("x", "1.5", "NA", "nan", "True", "9" * 25)),
        *(("share", cell) for cell in ("x", "NA", "nan", "1_000")),
        *(("kept", cell) for cell in ("x", "2", "", "NA", "yes")),
    ],
)
def test_a_cell_of_another_type_is_an_error(tmp_path, column, cell):
    path = tmp_path / "t.csv"
    row = {"name": "a", "count": "1", "place": "2", "share": "0.5", "kept": "True", "why": "x"}
    path.write_text(f"{','.join(row)}\n{','.join({**row, column: cell}.values())}\n")
    assert is_refused(read_table, path, "a table")


@given(st.binary(max_size=60))
def test_no_bytes_make_reading_fail_in_another_way(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("base") / "t"
    path.write_bytes(data)
    assert is_refused(read_table, path, "a table")
    assert is_refused(read_file, path, "a file")


def test_a_csv_file_that_ends_early_has_no_other_cells_but_the_last(tmp_path):
    path = tmp_path / "t.csv"
    rows = [("001", 1, 2, 0.5, True, "x"), ("NA", 10, 20, 0.25, False, "why")]
    written = write_table(path, rows).drop(columns="why")
    data = path.read_bytes()
    counts = []
    for length in range(len(data)):
        path.write_bytes(data[:length])
        try:
            table = read_table(path)
        except DataError:
            continue
        pd.testing.assert_frame_equal(table.drop(columns="why"), written.loc[table.index])
        counts.append(len(table))
    # It may end behind the header, and from the last comma of a row on.
    assert counts == [0] * 2 + [1] * 4 + [2] * 5


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_no_such_file_is_named(tmp_path, damage):
    path = tmp_path / "f.parquet"
    write_file(path)
    damage(path)
    assert is_refused(read_file, path, "a file")


def test_columns_of_another_type_are_an_error(tmp_path):
    path = tmp_path / "f.parquet"
    pq.write_table(pa.table({"name": ["a"], "count": ["b"], "tags": [["c"]]}), path)
    assert is_refused(read_file, path, "a file")
    pq.write_table(pa.table({"name": ["a"], "count": [1], "tags": ["c"]}), path)
    assert is_refused(read_file, path, "a file")


def test_a_parquet_file_that_ends_early_is_refused(tmp_path):
    path = tmp_path / "f.parquet"
    write_file(path)
    data = path.read_bytes()
    for length in range(0, len(data), 17):
        path.write_bytes(data[:length])
        assert is_refused(read_file, path, "a file")


def test_columns_and_rows_of_parquet_can_be_chosen(tmp_path):
    path = tmp_path / "f.parquet"
    write_file(path, [{"name": name, "count": k, "tags": []} for k, name in enumerate("abc")])
    found = read_parquet(path, SCHEMA, "a file", ["count"], filters=[("name", "in", ["a", "c"])])
    assert found.to_pylist() == [{"count": 0}, {"count": 2}]


def test_a_folder_like_key_and_value_is_no_column(tmp_path):
    folder = tmp_path / "name=7"
    folder.mkdir()
    write_file(folder / "f.parquet")
    assert read_file(folder / "f.parquet").to_pylist()[0]["name"] == "001"


def test_the_error_says_what_is_wrong_and_what_to_do(tmp_path):
    path = tmp_path / "b.csv"
    path.touch()
    error = broken(path, "a table", ValueError("no rows"))
    expected = f"{path}: this is not a table (no rows). Remedy: remove it and run again."
    assert str(error) == str(pickle.loads(pickle.dumps(error))) == expected

"""The book of the benchmarks."""

import json
import sys
from pathlib import Path

import pytest
import yaml

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def book(tmp_path, monkeypatch):
    """The module, with an empty book of two chapters that sham benchmarks fill."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    import book

    monkeypatch.setattr(book, "KEPT", tmp_path / "book")
    monkeypatch.setattr(book, "README", tmp_path / "README.md")
    monkeypatch.setattr(book, "HERE", tmp_path)
    monkeypatch.setattr(book, "BOOK", tmp_path / "book.yaml")
    monkeypatch.setattr(book, "commit", lambda: "abc123")
    plot = {"x": "n", "y": "ms", "by": "solver", "kind": "bar"}
    chapters = {
        "good": {"title": "Good", "text": "Fine.", "command": "good.py {data}/a", "plot": plot},
        "bad": {"title": "Bad", "text": "Poor.", "command": "bad.py"},
    }
    content = {"head": "Before.", "chapters": chapters, "longer": "After."}
    (tmp_path / "book.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    row = '{"solver": sys.argv[1].rpartition("/")[2], "n": 3, "ms": 1 / 3}'
    good = f"import json, sys\nprint('so be it')\nprint(json.dumps({row}))\n"
    (tmp_path / "good.py").write_text(good)
    (tmp_path / "bad.py").write_text("print('{\"n\": 1}')\nraise SystemExit(3)\n")
    yield book
    del sys.modules["book"], sys.modules["book_page"]


def test_the_page_is_as_it_is_written_from_what_is_kept(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    import book

    _, chapters, _ = book.read_book()
    before = book.README.read_text()
    monkeypatch.setattr(book, "plot", lambda *given, **columns: None)
    written = {}
    monkeypatch.setattr(Path, "write_text", lambda path, text, **_: written.update({path: text}))
    book.write()
    assert written == {book.README: before}
    assert {path.stem for path in book.KEPT.glob("*.json")} <= set(chapters)
    for chapter in chapters.values():
        assert (BENCHMARKS / chapter.command.split()[0]).is_file()


def test_rows_are_kept_with_commit_and_machine_and_shown(book, tmp_path):
    book.main([str(tmp_path), "--only", "good"])
    kept = json.loads((tmp_path / "book/good.json").read_text())
    assert kept["rows"] == [{"solver": "a", "n": 3, "ms": 1 / 3}]
    assert kept["commit"] == "abc123"
    assert kept["machine"].keys() >= {"processor", "cores", "memory", "GPUs", "torch"}
    text = (tmp_path / "README.md").read_text()
    for line in (
        "Before.",
        "python benchmarks/good.py DATA/a",
        f"Commit abc123, machine 1, {kept['seconds']} s.",
        "![Good](book/good.svg)",
        "| a        |   3 | 0.333 |",
        "Not run yet.",
        "After.",
    ):
        assert line in text
    assert "<svg" in (tmp_path / "book/good.svg").read_text()


@pytest.mark.parametrize(("gpus", "kept"), [("none", False), ("one", True)])
def test_a_chapter_that_needs_a_gpu_is_left_out_where_there_is_none(
    book, tmp_path, monkeypatch, gpus, kept
):
    content = yaml.safe_load(book.BOOK.read_text())
    content["chapters"]["good"]["gpu"] = True
    book.BOOK.write_text(yaml.safe_dump(content, sort_keys=False))
    monkeypatch.setattr(book, "machine", lambda: {"GPUs": gpus})
    book.main([str(tmp_path), "--only", "good"])
    assert (tmp_path / "book/good.json").exists() == kept
    assert (tmp_path / "README.md").exists()


def test_a_chapter_that_fails_keeps_its_figures_and_is_told_of(book, tmp_path):
    (tmp_path / "book").mkdir()
    kept = {"commit": "before", "seconds": 1, "machine": {"cores": "2"}, "rows": [{"n": 7}]}
    (tmp_path / "book/bad.json").write_text(json.dumps(kept))
    with pytest.raises(SystemExit, match="failed, with the figures of before: bad"):
        book.main([str(tmp_path)])
    text = (tmp_path / "README.md").read_text()
    assert "Commit before, machine 2, 1 s." in text
    assert "|   7 |" in text
    assert json.loads((tmp_path / "book/bad.json").read_text()) == kept


def test_rows_of_one_kind_share_a_table(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    import book_page

    rows = [{"a": 1, "b": {"c": 0.123456}}, {"x": [1, 2]}, {"a": 20, "b": {"c": 12345.6}}]
    first, second = book_page.tables(rows)
    assert [line.split() for line in first.splitlines()] == [
        ["|", "a", "|", "b", "c", "|"],
        ["|----:|----------:|"],
        ["|", "1", "|", "0.123", "|"],
        ["|", "20", "|", "12300", "|"],
    ]
    assert second.splitlines()[2] == "| 1, 2 |"


def test_one_table_may_be_shown_by_two_columns(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    import book_page

    found = [("a", "x", 1 / 3), ("b", "x", 2), ("a", "w", 3)]
    rows = [{"solver": solver, "graph": {"size": size}, "ms": ms} for solver, size, ms in found]
    lines = book_page.pivoted(rows, "solver", "graph size", "ms").splitlines()
    assert [line.replace(" ", "") for line in (lines[0], *lines[2:])] == [
        *("|solver|x|w|", "|a|0.333|3|", "|b|2||"),
    ]


def test_a_picture_of_columns_that_no_row_has_is_an_error(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(BENCHMARKS)
    import book_page

    with pytest.raises(ValueError, match="no row has the columns x, y and z"):
        book_page.plot([{"x": 1, "y": 2}], "Title", tmp_path / "p.svg", "x", "y", "z", "bar")

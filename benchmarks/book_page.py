"""The pages and pictures of the book of the benchmarks."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt
import pandas as pd

WARNING = "<!-- Written by benchmarks/book.py; not by hand. -->"


def page(
    head: str, sections: Iterable[tuple[Any, dict[str, Any] | None, Path | None]], longer: str
) -> str:
    """The book as Markdown: of each chapter, what is said, its picture and its rows.

    Parameters
    ----------
    head
        What stands before the chapters.
    sections
        Chapter, what is kept of its last run (``rows``, ``commit``, ``seconds``, ``machine``), or
        None, and its picture, or None.
    longer
        Of the benchmarks that are no chapters.
    """
    parts, machines = [f"# Benchmarks\n\n{WARNING}\n\n{head}"], dict[str, int]()
    for chapter, kept, picture in sections:
        lines = [f"## {chapter.title}", "", chapter.text.strip(), ""]
        lines += [
            "```bash",
            f"python benchmarks/{chapter.command.replace('{data}', 'DATA')}",
            "```",
            "",
        ]
        if kept is None:
            lines += ["Not run yet.", ""]
        else:
            facts = ", ".join(f"{name} {value}" for name, value in kept["machine"].items())
            number = machines.setdefault(facts, len(machines) + 1)
            lines += [f"Commit {kept['commit']}, machine {number}, {kept['seconds']} s.", ""]
            lines += [f"![{chapter.title}]({picture})", ""] if picture else []
            shown = tables(kept["rows"])
            if chapter.table:
                shown = [pivoted(kept["rows"], **chapter.table)]
            lines += [line for table in shown for line in (table, "")]
        parts.append("\n".join(lines))
    listed = [f"{number}. {facts}" for facts, number in machines.items()]
    return "\n".join([*parts, "## Longer ones\n", longer, "## Machines\n", *listed, ""])


def tables(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Markdown tables of rows, one of all that have the same columns, in order of appearance.

    Examples
    --------
    >>> print(*tables([{"a": 1, "b": {"c": 0.123456}}, {"x": "y"}]), sep="\\n\\n")
    |   a |   b c |
    |----:|------:|
    |   1 | 0.123 |
    <BLANKLINE>
    | x   |
    |:----|
    | y   |
    """
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in map(flat, rows):
        row.pop("benchmark", None)  # The chapter says which.
        groups.setdefault(tuple(row), []).append(row)
    return [_table(pd.DataFrame(group)) for group in groups.values()]


def pivoted(table_rows: Sequence[dict[str, Any]], rows: str, columns: str, values: str) -> str:
    """A Markdown table of the values of one column, by those of two others.

    Examples
    --------
    >>> found = [{"solver": s, "graph": g, "ms": m} for s, g, m in ("ax1", "ay2", "bx3")]
    >>> print(pivoted(found, "solver", "graph", "ms"))
    | solver   | x   | y   |
    |:---------|:----|:----|
    | a        | 1   | 2   |
    | b        | 3   |     |
    """
    frame = pd.DataFrame([flat(row) for row in table_rows])
    # In order of appearance.
    order = dict.fromkeys(frame[columns])
    table = frame.pivot_table(values, rows, columns, aggfunc="first", sort=False)[list(order)]
    return _table(table.astype(object).fillna("").reset_index())


def flat(row: dict[str, Any]) -> dict[str, Any]:
    """A row whose objects are columns of their own, named by both names.

    Examples
    --------
    >>> flat({"a": {"b": 1, "c": {"d": [2, 3]}}})
    {'a b': 1, 'a c d': '2, 3'}
    """
    found: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            found |= {f"{name} {inner}": each for inner, each in flat(value).items()}
        else:
            found[name] = ", ".join(map(str, value)) if isinstance(value, list) else value
    return found


def _table(frame: pd.DataFrame) -> str:
    shown = frame.map(lambda value: float(f"{value:.3g}") if isinstance(value, float) else value)
    return str(shown.to_markdown(index=False))


def plot(
    rows: Sequence[dict[str, Any]], title: str, path: Path, x: str, y: str, by: str, kind: str
) -> None:
    """Draw the rows that have these columns as an SVG: a line or bars for each value of `by`.

    Raises
    ------
    ValueError
        If no row has them.
    """
    shown = [row for row in map(flat, rows) if {x, y, by} <= row.keys()]
    if not shown:
        raise ValueError(f"{path}: no row has the columns {x}, {y} and {by}")
    table = pd.DataFrame(shown).pivot_table(index=x, columns=by, values=y, sort=False)
    # The same file for the same rows.
    with mpl.rc_context({"svg.hashsalt": "mcnn", "svg.fonttype": "none"}):
        figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
        if kind == "line":
            table.plot(ax=axes, marker="o", logx=True, logy=True)
        else:
            table.plot(ax=axes, kind="bar", rot=0)
        axes.set(title=title, xlabel=x, ylabel=y)
        axes.get_legend().remove()
        figure.legend(title=by, fontsize="small", loc="outside right center")
        axes.grid(visible=True, alpha=0.3)
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)

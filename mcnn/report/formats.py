"""Tables as CSV, Markdown and LaTeX."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from mcnn.files import write_csv, write_text

COUNTS = ["seeds", "images", "samples", "frames", "boxes"]
"""Columns in which 0 stands for nothing."""


def write_paper_table(table: pd.DataFrame, title: str, paths: Sequence[str | Path]) -> None:
    """Write a table as CSV, Markdown and LaTeX, by the extension of each path."""
    for path in map(Path, paths):
        if path.suffix == ".csv":
            write_csv(path, table)
            continue
        shown = table.astype(object).where(table.notna(), "-")
        counts = shown.columns.intersection(COUNTS)
        shown[counts] = shown[counts].replace(0, "-")
        if path.suffix == ".md":
            write_text(path, f"{title}\n\n{shown.to_markdown(index=False)}\n")
        else:
            text = shown.to_latex(index=False, escape=True, caption=title, float_format="%.2f")
            write_text(path, text)

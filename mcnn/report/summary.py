"""The headline of a run in a few lines, for the terminal."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from mcnn.errors import DataError
from mcnn.report.cells import cell_of
from mcnn.report.run_files import name_of

ROWS = 4
"""Most rows of either part."""


def summary(root: Path) -> list[str]:
    """Mean IoU of the targets, CorLoc of the localizations, path of the report: ten lines at most.

    Parameters
    ----------
    root
        Folder of the run's results. Tables that are not there are left out.

    Raises
    ------
    DataError
        If there is no such folder, or neither a table nor a report in it.
    """
    if not root.is_dir():
        raise DataError(root, "there is no such folder", "name that of a run, results/<run>")
    lines = []
    path = root / "tables" / "segmentation.csv"
    if path.exists():
        table = pd.read_csv(path)
        first = table.iloc[0]
        lines.append(_header("IoU", f"{first['set']}, {first['images']} images", table["seeds"]))
        names = [
            name_of(*row)
            for row in table[["experiment", "stage", "postprocessing"]].itertuples(index=False)
        ]
        lines += _rows(names, table["mean_iou"], table["std"])
    path = root / "tables" / "table4.csv"
    if path.exists():
        table = pd.read_csv(path)
        ours = table[table["source"] != "published"]
        std = ours["std"] if "std" in ours else pd.Series(float("nan"), ours.index)
        frames = f"{ours['dataset'].iloc[0]}, {ours['frames'].iloc[0]} frames"
        lines.append(_header("CorLoc", frames, ours["seeds"]))
        lines += _rows(ours["source"].tolist(), ours["average"], std)
    path = root / "report.html"
    if path.exists():
        lines.append(f"Report: {path}")
    if not lines:
        problem = "it holds neither tables of results nor a report"
        raise DataError(root, problem, "name the folder of a finished run, results/<run>")
    return lines


def _header(what: str, where: str, seeds: pd.Series) -> str:
    return f"{what} in per cent ({where}; mean and deviation over {seeds.max()} seeds)"


def _rows(names: Sequence[str], means: pd.Series, deviations: pd.Series) -> list[str]:
    """The last rows, those that the others lead to."""
    rows = list(zip(names, means, deviations, strict=True))[-ROWS:]
    return [f"  {name:24} {cell_of((mean, std), 1).text}" for name, mean, std in rows]

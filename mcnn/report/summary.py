"""The headline of a run in a few lines, for the terminal."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from mcnn.report.cells import cell_of
from mcnn.report.run_files import name_of

ROWS = 4
"""Most rows of either part."""


def summary(root: Path) -> list[str]:
    """Mean IoU of the targets and CorLoc of the localizations of a run, at most ten lines.

    Parameters
    ----------
    root
        Folder of the run's results. Tables that are not there are left out.
    """
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
    return lines


def _header(what: str, where: str, seeds: pd.Series) -> str:
    return f"{what} in per cent ({where}; mean and deviation over {seeds.max()} seeds)"


def _rows(names: Sequence[str], means: pd.Series, deviations: pd.Series) -> list[str]:
    """The last rows, those that the others lead to."""
    rows = list(zip(names, means, deviations, strict=True))[-ROWS:]
    return [f"  {name:24} {cell_of((mean, std), 1).text}" for name, mean, std in rows]

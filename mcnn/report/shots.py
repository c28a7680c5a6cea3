"""What became of the shots, and what was skipped."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from mcnn.datasets.shots import read_shots

ALL = "all"


def shots_table(manifests: Mapping[str, Path], pruned: Mapping[str, Path]) -> pd.DataFrame:
    """Videos, shots and kept shots of each class and of all, per dataset.

    Parameters
    ----------
    manifests, pruned
        shots.parquet and pruned.csv of each dataset, by its name.

    Returns
    -------
    Columns dataset, class, videos, shots, kept. A shot with several tags counts for each.
    """
    rows = []
    for dataset, path in manifests.items():
        shots = pd.DataFrame(
            [(shot.video, shot.shot, tag) for shot in read_shots(path) for tag in shot.tags],
            columns=["video", "shot", "class"],
        )
        merged = shots.merge(pd.read_csv(pruned[dataset])[["video", "shot", "kept"]])
        for name, group in [*merged.groupby("class"), (ALL, merged)]:
            unique = group.drop_duplicates(["video", "shot"])
            rows.append(
                (dataset, name, unique["video"].nunique(), len(unique), int(unique["kept"].sum()))
            )
    return pd.DataFrame(rows, columns=["dataset", "class", "videos", "shots", "kept"])


def skipped_table(lists: Iterable[Path]) -> pd.DataFrame:
    """All that was skipped because of bad input, with the list it was found in."""
    tables = [pd.read_csv(path).assign(list=str(path)) for path in lists]
    return pd.concat(tables)[["list", "item", "reason"]]

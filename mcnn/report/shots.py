"""What became of the shots, and what was skipped."""

from collections.abc import Iterable, Mapping
from dataclasses import astuple
from pathlib import Path

import pandas as pd

from mcnn.artefacts.pruned import NO_MASKS, read_pruned
from mcnn.artefacts.shots import read_shots
from mcnn.artefacts.skipped import read_skipped

ALL = "all"


def shots_table(manifests: Mapping[str, Path], pruned: Mapping[str, Path]) -> pd.DataFrame:
    """Videos, shots and kept shots of each class and of all, per dataset.

    Parameters
    ----------
    manifests, pruned
        shots.parquet and pruned.csv of each dataset, by its name.

    Returns
    -------
    Columns dataset, class, videos, shots, kept, collapsed: the shots in a part of which the motion
    segmentation's labelling collapsed, so that the location alone decided. A shot with several tags
    counts for each.
    """
    rows = []
    for dataset, path in manifests.items():
        shots = pd.DataFrame(
            [(shot.video, shot.shot, tag) for shot in read_shots(path) for tag in shot.tags],
            columns=["video", "shot", "class"],
        )
        merged = shots.merge(read_pruned(pruned[dataset])[["video", "shot", "kept", "fallbacks"]])
        for name, group in [*merged.groupby("class"), (ALL, merged)]:
            unique = group.drop_duplicates(["video", "shot"])
            kept, collapsed = int(unique["kept"].sum()), int((unique["fallbacks"] > 0).sum())
            rows.append((dataset, name, unique["video"].nunique(), len(unique), kept, collapsed))
    return pd.DataFrame(rows, columns=["dataset", "class", "videos", "shots", "kept", "collapsed"])


def skipped_table(lists: Iterable[Path], pruned: Iterable[Path]) -> pd.DataFrame:
    """All that was skipped because of bad input, with the list it was found in.

    Parameters
    ----------
    lists
        CSV files of `mcnn.artefacts.skipped.write_skipped`.
    pruned
        pruned.csv of each dataset; shots without motion masks count as skipped.

    Returns
    -------
    Columns list, item, reason.
    """
    rows = [(str(path), *astuple(entry)) for path in lists for entry in read_skipped(path)]
    for path in pruned:
        rows += [
            (str(path), f"{row['video']}/{row['shot']}", row["reason"])
            for row in read_pruned(path).to_dict("records")
            if row["reason"].startswith(NO_MASKS)
        ]
    return pd.DataFrame(rows, columns=["list", "item", "reason"])

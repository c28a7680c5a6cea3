"""Whether the data of a run are the paper's, so that published figures may stand beside its own."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from mcnn.artefacts.shots import read_shots


class PapersData(NamedTuple):
    """Which data of a run are the paper's.

    Attributes
    ----------
    images
        Number of images of the sets that may be those the paper evaluates on.
    datasets
        The paper's datasets of videos.
    """

    images: Mapping[str, int]
    datasets: Collection[str]


NO_DATA = PapersData({}, frozenset())


def papers_datasets(videos: Mapping[str, int], shots: Mapping[str, Path]) -> frozenset[str]:
    """Datasets that have as many videos as the paper's.

    Parameters
    ----------
    videos
        Videos of the paper's datasets that they may be, by their names.
    shots
        shots.parquet of each dataset.
    """
    return frozenset(
        name
        for name, path in shots.items()
        if videos.get(name) == len({shot.video for shot in read_shots(path)})
    )


def of_other_data(title: str) -> str:
    """Caption of the rows of ours alone, from that of a table of the paper.

    Examples
    --------
    >>> of_other_data("Table 4 and section 4.5: co-localization, CorLoc")
    "Table 4 and section 4.5: rows of ours, on other data than the paper's"
    """
    return f"{title.partition(':')[0]}: rows of ours, on other data than the paper's"

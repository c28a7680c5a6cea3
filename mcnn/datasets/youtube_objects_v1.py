"""YouTube-Objects v1.0: a folder of frames per shot."""

import re
from collections.abc import Sequence
from pathlib import Path

from mcnn.artefacts.shots import Shot
from mcnn.artefacts.skipped import OnError, Skipped, collecting
from mcnn.datasets.files import list_names, scan_names
from mcnn.errors import UNPACK, DataError
from mcnn.files import refuse_foreign_name

_FRAME = re.compile(r"frame([0-9]{4,})\.jpg")


def read_manifest(
    root: Path, classes: Sequence[str], on_error: OnError
) -> tuple[list[Shot], list[Skipped]]:
    """Shots of ``<class>/data/<video>/shots/<shot>/frame%04d.jpg``.

    Parameters
    ----------
    root
        Folder of the classes.
    classes
        Classes to read; one without folder has no videos.
    on_error
        ``skip`` leaves out shots that lack frames.

    Raises
    ------
    DataError
        Under ``stop``, for the first shot at fault.
    """
    shots: list[Shot] = []
    skipped: list[Skipped] = []
    for tag in classes:
        data = root / tag / "data"
        numbers = 0
        for video in list_names(data) if data.is_dir() else []:
            folder = data / video / "shots"
            for index, name in enumerate(list_names(folder)):
                numbers += 1
                with collecting(skipped, f"{tag}-{video}/{name}", on_error):
                    first, last = _range(folder / name)
                    pattern = f"{folder / name}".replace("%", "%%") + "/frame%04d.jpg"
                    shots.append(
                        Shot(
                            f"{tag}-{video}",
                            index,
                            first,
                            last,
                            (tag,),
                            "numbered",
                            pattern,
                            numbers,
                        )
                    )
    return shots, skipped


def _range(folder: Path) -> tuple[int, int]:
    refuse_foreign_name(folder)
    numbers = sorted(int(m[1]) for name in scan_names(folder) if (m := _FRAME.fullmatch(name)))
    if not numbers:
        raise DataError(folder, "the shot holds no frames named like frame0001.jpg", UNPACK)
    first, last = numbers[0], numbers[-1]
    if last - first + 1 != len(numbers):
        absent = next(i for i, number in enumerate(numbers, first) if i != number)
        raise DataError(folder / f"frame{absent:04d}.jpg", "a frame of the shot is missing", UNPACK)
    return first, last

"""What is damaged, and by what it is read."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fuzz.mutations import mutate

Damage = Callable[[random.Random, Sequence[bytes]], bytes]


@dataclass(frozen=True)
class Target:
    """A reader.

    Parameters
    ----------
    file
        What the damaged file is called in the working folder, perhaps below folders.
    read
        Takes its path; reads all that there is to be read.
    sound
        Writes sound files to a folder, and what the reader needs beside the file to the working
        folder; gives their paths.
    damage
        From a generator and the contents of sound files to a damaged one.
    named
        What errors name; by default, the file.
    share
        Of the cases, relative to other targets.
    """

    file: str
    read: Callable[[Path], Any]
    sound: Callable[[Path], Sequence[Path]]
    damage: Damage = mutate
    named: str = ""
    share: float = 1.0

    def corpus(self, folder: Path) -> list[bytes]:
        """Contents of sound files."""
        place = folder / "sound"
        place.mkdir()
        return [path.read_bytes() for path in self.sound(place)]

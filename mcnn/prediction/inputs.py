"""What is to be labelled: photographs, folders of them, videos, and where their labels go."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mcnn.datasets.files import IMAGE_SUFFIXES, VIDEO_SUFFIXES, natural_key
from mcnn.errors import DataError


@dataclass(frozen=True)
class Source:
    """A file to label.

    Attributes
    ----------
    path
        The image or video.
    target
        Where its labels go: a PNG file, or the folder of a video's.
    """

    path: Path
    target: Path

    @property
    def is_video(self) -> bool:
        """Whether it is a video."""
        return self.path.suffix.lower() in VIDEO_SUFFIXES


def find_sources(inputs: Sequence[Path], out: Path) -> list[Source]:
    """The images and videos of files and folders, in natural order.

    Parameters
    ----------
    inputs
        Images, videos, and folders, which are searched with all that is below them.
    out
        Folder of the results. What lies below a folder keeps its path there, after the folder's
        name if there are several inputs.

    Raises
    ------
    DataError
        If an input is missing, no image or video, or holds none, or if two would write the same
        file.
    """
    sources: list[Source] = []
    for path in inputs:
        if path.is_dir():
            root = out / path.resolve().name if len(inputs) > 1 else out
            found = [_source(file, root / file.relative_to(path)) for file in _files_below(path)]
            if not found:
                raise DataError(path, "the folder holds no image and no video", _remedy())
            sources += found
        elif not path.is_file():
            raise DataError(path, "there is no such file or folder", "correct the path")
        elif path.suffix.lower() not in IMAGE_SUFFIXES + VIDEO_SUFFIXES:
            raise DataError(path, "it is neither an image nor a video", _remedy())
        else:
            sources.append(_source(path, out / path.name))
    _refuse_same_targets(sources)
    return sources


def _files_below(folder: Path) -> Iterator[Path]:
    """Images and videos, those in hidden folders left out."""
    files = [
        path.relative_to(folder)
        for path in folder.rglob("*")
        if path.suffix.lower() in IMAGE_SUFFIXES + VIDEO_SUFFIXES and path.is_file()
    ]
    for path in sorted(files, key=lambda path: [natural_key(part) for part in path.parts]):
        if not any(part.startswith(".") for part in path.parts):
            yield folder / path


def _source(path: Path, place: Path) -> Source:
    video = path.suffix.lower() in VIDEO_SUFFIXES
    return Source(path, place.with_suffix("") if video else place.with_suffix(".png"))


def _refuse_same_targets(sources: Sequence[Source]) -> None:
    seen: dict[Path, Path] = {}
    for source in sources:
        other = seen.setdefault(source.target, source.path)
        if other != source.path:
            raise DataError(
                source.path, f"its labels would overwrite those of {other}", "rename one of them"
            )


def _remedy() -> str:
    return f"give files that end in {', '.join(IMAGE_SUFFIXES + VIDEO_SUFFIXES)}"

"""The videos of a folder of one's own videos, with their tags; nothing is decoded."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from mcnn.artefacts.skipped import OnError, Skipped, collecting
from mcnn.datasets.files import VIDEO_SUFFIXES, list_images, list_names, natural_key, read_rows
from mcnn.errors import UNPACK, DataError, did_you_mean
from mcnn.files import LONGEST_NAME, reading, refuse_foreign_name

Tags = tuple[str, ...]
Videos = dict[str, tuple[Path, Tags]]


def list_videos(
    root: Path, classes: Sequence[str], on_error: OnError
) -> tuple[Videos, list[Skipped]]:
    """Path and tags of each video by its name, in natural order; nothing is decoded.

    Parameters
    ----------
    root, classes, on_error
        As for `mcnn.datasets.video_folder.read_manifest`.

    Raises
    ------
    DataError
        As `mcnn.datasets.video_folder.read_manifest`, but for what only decoding tells.
    """
    skipped: list[Skipped] = []
    tags = _in_folders(root, classes, skipped, on_error)
    tags |= _listed(root, skipped, on_error)
    names = _names(root, tags)
    videos: Videos = {}
    for path in sorted(tags, key=lambda path: natural_key(names[path])):
        with collecting(skipped, path.relative_to(root).as_posix(), on_error):
            refuse_foreign_name(path)
            videos[names[path]] = path, _checked_tags(path, tags[path], classes)
    return videos, skipped


def _in_folders(
    root: Path, classes: Sequence[str], skipped: list[Skipped], on_error: OnError
) -> dict[Path, Tags]:
    videos: dict[Path, Tags] = {}
    for folder in (root / name for name in list_names(root)):
        if not folder.is_dir():
            continue
        with collecting(skipped, folder.name, on_error):
            # Folders that are no class may hold anything, such as masks one level deeper.
            strict = folder.name in classes
            found = [path for path in map(folder.joinpath, list_names(folder)) if _is_video(path)]
            found = [path for path in found if strict or path.is_file() or list_images(path)]
            if strict and not found:
                raise DataError(folder, "the folder of this class holds no videos", UNPACK)
            videos |= dict.fromkeys(found, (folder.name,))
    return videos


def _is_video(path: Path) -> bool:
    return path.is_dir() or path.suffix.lower() in VIDEO_SUFFIXES


def _listed(root: Path, skipped: list[Skipped], on_error: OnError) -> dict[Path, Tags]:
    table = root / "videos.csv"
    if not table.exists():
        return {}
    videos: dict[Path, Tags] = {}
    for row in read_rows(table, ("path", "tags")):
        relative = Path(row["path"])
        with collecting(skipped, f"{table.name}: {row['path'][:LONGEST_NAME]}", on_error):
            path = root / relative
            if relative.is_absolute() or ".." in relative.parts or path == root:
                raise DataError(
                    table, f"{row['path']!r} is no path below the folder", "correct the row"
                )
            with reading(path):  # Of a name that is too long.
                found = path.exists() and _is_video(path)
            if not found:
                raise DataError(path, f"{table.name} lists it, but it is no video", UNPACK)
            videos[path] = tuple(row["tags"].split())
    return videos


def _checked_tags(path: Path, tags: Tags, classes: Sequence[str]) -> Tags:
    foreign = [tag for tag in tags if tag not in classes]
    if foreign or not tags:
        problem = "it has no tag"
        if foreign:
            close = did_you_mean(foreign[0], classes)
            problem = f"its tag {foreign[0]!r} is not among the `classes`{close}"
        raise DataError(
            path,
            problem,
            "correct `classes`, the folder's name or videos.csv",
        )
    return tuple(name for name in classes if name in tags)


def _names(root: Path, videos: Iterable[Path]) -> Mapping[Path, str]:
    """Names that are safe as file names and wildcards, unique whatever the case."""
    plain = {}
    for path in videos:
        relative = path.relative_to(root)
        parts = relative.parts if path.is_dir() else relative.with_suffix("").parts
        plain[path] = re.sub(r"[^A-Za-z0-9_.-]+", "_", "-".join(parts)).lstrip(".-") or "_"
    count = Counter(name.casefold() for name in plain.values())
    return {
        path: name if count[name.casefold()] == 1 else f"{name}-{_hash(path.relative_to(root))}"
        for path, name in plain.items()
    }


def _hash(path: Path) -> str:
    return hashlib.sha1(path.as_posix().encode("utf-8", "surrogateescape")).hexdigest()[:8]

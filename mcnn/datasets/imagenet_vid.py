"""ImageNet-VID (ILSVRC2015): snippets of the training videos, tags from lists or annotations."""

import re
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from mcnn.artefacts.shots import Shot
from mcnn.artefacts.skipped import OnError, Skipped, collecting
from mcnn.datasets.files import list_names, scan_names
from mcnn.errors import UNPACK, DataError
from mcnn.files import read_bytes

SYNSETS = {
    "aeroplane": ("n02691156", 1),
    "antelope": ("n02419796", 2),
    "bear": ("n02131653", 3),
    "bicycle": ("n02834778", 4),
    "bird": ("n01503061", 5),
    "bus": ("n02924116", 6),
    "car": ("n02958343", 7),
    "cow": ("n02402425", 8),
    "dog": ("n02084071", 9),
    "cat": ("n02121808", 10),
    "elephant": ("n02503517", 11),
    "fox": ("n02118333", 12),
    "giant_panda": ("n02510455", 13),
    "hamster": ("n02342885", 14),
    "horse": ("n02374451", 15),
    "lion": ("n02129165", 16),
    "lizard": ("n01674464", 17),
    "monkey": ("n02484322", 18),
    "motorbike": ("n03790512", 19),
    "rabbit": ("n02324045", 20),
    "red_panda": ("n02509815", 21),
    "sheep": ("n02411705", 22),
    "snake": ("n01726692", 23),
    "squirrel": ("n02355227", 24),
    "tiger": ("n02129604", 25),
    "train": ("n04468005", 26),
    "turtle": ("n01662784", 27),
    "boat": ("n04530566", 28),
    "whale": ("n02062744", 29),
    "zebra": ("n02391049", 30),
}
"""WordNet id and number of the 30 classes, under the names of PASCAL VOC where it has them."""

_SNIPPET = re.compile(r"(ILSVRC2015_train_[0-9]{5})([0-9]{3})")
_FRAME = re.compile(r"[0-9]{6}\.JPEG")
_LISTS = 30


def read_manifest(
    root: Path, classes: Sequence[str], on_error: OnError
) -> tuple[list[Shot], list[Skipped]]:
    """Training shots of ImageNet-VID that show at least one of the classes.

    A snippet is a shot. Its tags are the classes that any of its frames shows, those outside
    `classes` dropped. They are taken from ``ImageSets/VID/train_<k>.txt``, which by the
    development kit's readme (4.2.1) list for each class k the snippets that contain instances of
    it, a snippet under every class it shows: the union over the frames' annotations, in 30 small
    files instead of 1.1 million. Where the list of a wanted class is missing, all snippets, and
    where a snippet is in no list, that snippet, get their tags from the XML annotations.

    Parameters
    ----------
    root
        Folder ``ILSVRC2015``, or the one that holds it.
    classes
        Classes to read. The dataset has no videos of classes that are not in `SYNSETS`.
    on_error
        ``skip`` leaves out snippets without frames, with gaps, or with broken annotations.

    Returns
    -------
    shots, skipped
        In the order of videos and of snippets within them.

    Raises
    ------
    DataError
        Under ``stop``, for the first snippet at fault; in any case if nothing gives the tags.
    """
    root = _unpacked(root)
    annotations = root / "Annotations" / "VID" / "train"
    lists = _read_lists(root / "ImageSets" / "VID", classes)
    if not lists and not annotations.is_dir():
        raise DataError(annotations, "neither annotations nor lists of snippets are here", UNPACK)
    shots: list[Shot] = []
    skipped: list[Skipped] = []
    for video, snippet, path in list_snippets(root):
        with collecting(skipped, snippet, on_error):
            present = lists.get(snippet)
            if present is None:
                # Snippets of other classes need not be annotated where lists tell the tags.
                source = annotations / path.parent.name / snippet
                present = _annotated(source) if source.is_dir() or not lists else set()
            tags = tuple(n for n in classes if n in SYNSETS and SYNSETS[n][0] in present)
            if tags:
                shots.append(_shot(video, snippet, path, tags))
    return shots, skipped


def list_snippets(root: Path) -> list[tuple[str, str, Path]]:
    """Training snippets of all classes: (video, snippet, folder), sorted.

    A snippet ``ILSVRC2015_train_<5 digits><3 digits>`` is number <3 digits> of the video
    ``ILSVRC2015_train_<5 digits>``. A video's snippets may lie in several of the four folders
    ``ILSVRC2015_VID_train_000{0..3}``.

    Raises
    ------
    DataError
        If ``Data/VID/train`` is missing.
    """
    train = _unpacked(root) / "Data" / "VID" / "train"
    found = []
    for batch in list_names(train):
        if not (train / batch).is_dir():
            continue
        for name in list_names(train / batch):
            match = _SNIPPET.fullmatch(name)
            if match:
                found.append((match[1], name, train / batch / name))
    return sorted(found)


def _unpacked(root: Path) -> Path:
    return root if (root / "Data").is_dir() else root / "ILSVRC2015"


def _read_lists(folder: Path, classes: Sequence[str]) -> Mapping[str, set[str]]:
    """WordNet ids of each snippet; nothing if the list of a class is missing."""
    wanted = {SYNSETS[name][1]: SYNSETS[name][0] for name in classes if name in SYNSETS}
    if not all((folder / f"train_{k}.txt").is_file() for k in wanted):
        return {}
    listed: dict[str, set[str]] = defaultdict(set)
    for k in range(1, _LISTS + 1):
        path = folder / f"train_{k}.txt"
        if not path.is_file():
            continue
        for line in read_bytes(path).decode("utf-8", "replace").splitlines():
            fields = line.split()
            if len(fields) != 2:
                raise DataError(path, f"the line {line!r} is no '<snippet> <label>'", UNPACK)
            synsets = listed[fields[0].rpartition("/")[2]]
            if k in wanted and fields[1] == "1":
                synsets.add(wanted[k])
    return listed


def _annotated(folder: Path) -> set[str]:
    names = [name for name in list_names(folder) if name.endswith(".xml")]
    if not names:
        raise DataError(folder, "the snippet has no annotations", UNPACK)
    present: set[str] = set()
    for name in names:
        try:
            tree = ET.parse(folder / name)
        except (ET.ParseError, OSError, ValueError, LookupError) as error:
            raise DataError(folder / name, f"this is no annotation ({error})", UNPACK) from error
        present.update(node.text or "" for node in tree.iterfind("object/name"))
    return present


def _shot(video: str, snippet: str, path: Path, tags: tuple[str, ...]) -> Shot:
    numbers = {int(name[:6]) for name in scan_names(path) if _FRAME.fullmatch(name)}
    if not numbers:
        raise DataError(path, "the snippet holds no frames named like 000000.JPEG", UNPACK)
    last = max(numbers)
    absent = next((i for i in range(last) if i not in numbers), None)
    if absent is not None:
        raise DataError(path / f"{absent:06d}.JPEG", "a frame of the snippet is missing", UNPACK)
    pattern = f"{path}".replace("%", "%%") + "/%06d.JPEG"
    index = int(snippet[-3:])
    return Shot(video, index, 0, last, tags, "numbered", pattern, index + 1)

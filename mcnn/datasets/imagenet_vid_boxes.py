"""Ground-truth boxes of ImageNet-VID: an XML file per frame."""

from collections.abc import Iterable
from pathlib import Path

from mcnn.artefacts.annotations import AnnotatedBox
from mcnn.artefacts.shots import Shot
from mcnn.artefacts.skipped import OnError, Skipped, collecting
from mcnn.datasets.annotations import annotate, edges_of_pixels
from mcnn.datasets.box_xml import read_box_file
from mcnn.datasets.frames import frame_path
from mcnn.datasets.imagenet_vid import SYNSETS


def read_xml_boxes(
    root: Path, shots: Iterable[Shot], on_error: OnError
) -> tuple[list[AnnotatedBox], list[Skipped]]:
    """Boxes of the objects of each shot's tags, in all frames that show them.

    Parameters
    ----------
    root
        Folder ``ILSVRC2015`` or one that holds it; the annotation of
        ``Data/VID/train/<batch>/<snippet>/%06d.JPEG`` is
        ``Annotations/VID/train/<batch>/<snippet>/%06d.xml``. Pixels are counted from 0.
    shots
        The manifest.
    on_error
        ``skip`` leaves out frames whose annotation is missing or broken.

    Raises
    ------
    DataError
        Under ``stop``, for the first such frame.
    """
    root = root if (root / "Annotations").is_dir() else root / "ILSVRC2015"
    boxes: list[AnnotatedBox] = []
    skipped: list[Skipped] = []
    for shot in shots:
        snippet = frame_path(shot, shot.first).parent
        folder = root / "Annotations" / "VID" / "train" / snippet.parent.name / snippet.name
        for frame in shot.indices:
            with collecting(skipped, f"{snippet.name}/{frame:06d}", on_error):
                size, objects = read_box_file(folder / f"{frame:06d}.xml")
                for tag in shot.tags:
                    pixels = [box for name, box in objects if name == SYNSETS[tag][0]]
                    boxes += annotate(shot, frame, tag, *edges_of_pixels(pixels, 0, size))
    return boxes, skipped

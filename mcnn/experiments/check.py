"""What of the configured data is there, what is not, and where it is to be had."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mcnn.artefacts.shots import Shot
from mcnn.artefacts.skipped import Skipped
from mcnn.config.datasets import GroundTruth, MotionMasks, VideoDataset
from mcnn.config.images import PascalVoc
from mcnn.config.settings import Settings
from mcnn.datasets.files import scan_names
from mcnn.datasets.ground_truth import read_ground_truth
from mcnn.datasets.images import read_image_set
from mcnn.datasets.manifest import build_manifest
from mcnn.errors import DataError
from mcnn.experiments.graph import ExperimentGraph
from mcnn.label_space import YOUTUBE_OBJECTS_CLASSES

PUBLISHED = {
    "youtube_objects": "155 videos, 2511 shots",
    "imagenet_vid": "795 videos, 2120 shots",
    "train": "914 images",
    "val": "909 images",
}
"""What the paper uses for its ten classes (sections 4.1 and 4.4)."""

WHERE = {
    "youtube_objects": "YouTube-Objects v2.2, frames and Ranges, from "
    "https://calvin-vision.net/datasets/youtube-objects-dataset/",
    "youtube_objects_v1": "YouTube-Objects v1.0, from "
    "https://calvin-vision.net/datasets/youtube-objects-dataset/",
    "imagenet_vid": "ILSVRC2015 VID, for registered users, from "
    "https://image-net.org/challenges/LSVRC/2015/",
    "video_folder": "your own videos, in the layout video_folder of docs/layouts.md",
    "pascal_voc": "VOC 2012, training and validation data, from "
    "http://host.robots.ox.ac.uk/pascal/VOC/voc2012/ (the test images from its evaluation server; "
    "train_aug and SegmentationClassAug are not official and have to be added)",
    "image_folder": "your own images and masks, in the layout image_folder of docs/layouts.md",
    "png": "masks made beforehand, in the layout png of docs/layouts.md",
    "fos_mat": "results of the code of Papazoglou and Ferrari, from "
    "http://groups.inf.ed.ac.uk/calvin/FastVideoSegmentation/",
}
WHERE["youtube_objects_mat"] = WHERE["youtube_objects"]
WHERE["youtube_objects_voc"] = WHERE["youtube_objects"].replace("v2.2, frames and Ranges", "v2.3")
WHERE["auto"] = f"{WHERE['png']}, or {WHERE['fos_mat']}"
WHERE["sticks"] = WHERE["youtube_objects_v1"]
WITHOUT_MASKS = "no image has a mask, and the run evaluates on them or learns from them"
UNMASKED_REMEDY = "add the masks, or take the set out of `evaluation.sets` and of full supervision"
_REASONS = 3


@dataclass(frozen=True, slots=True)
class CheckRow:
    """What was found of a dataset, its motion masks or ground truth, or a set of images.

    Parameters
    ----------
    name
        Where it stands in the configuration, for example ``datasets.youtube_objects``.
    format
        Its layout.
    path
        Its folder, or where else it comes from.
    status
        ``ok``; ``missing``: the folder or all that it should hold; ``flawed``: part of it;
        ``rendered``: not there yet, the run makes it; ``unknown``: not to be read yet.
    found
        Counts.
    published
        The counts of the paper where they apply.
    problems
        What is wrong, one clause each.
    """

    name: str
    format: str
    path: str
    status: str
    found: str = ""
    published: str = ""
    problems: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether a run can use it."""
        return self.status in ("ok", "rendered")


def check_data(settings: Settings) -> list[CheckRow]:
    """Look at the data that the targets of a configuration need; what is missing raises nothing.

    Parameters
    ----------
    settings
        The configuration. Under ``on_error: skip``, data of which a part is unusable is ok.

    Returns
    -------
    list of CheckRow
        A row for each dataset, for its motion masks, for its ground truth if it has one, and for
        each set of images.
    """
    rows: list[CheckRow] = []
    graph = ExperimentGraph(settings)
    for name in graph.datasets():
        dataset = settings.datasets[name]
        shots, row = _check_dataset(f"datasets.{name}", dataset, settings)
        rows += [row, _check_motion(f"datasets.{name}.motion", dataset.motion, settings)]
        if dataset.ground_truth is not None:
            key = f"datasets.{name}.ground_truth"
            if row.status == "missing":
                rows.append(_not_checked(key, dataset, dataset.ground_truth, row.name))
            else:
                rows.append(_check_boxes(key, dataset, dataset.ground_truth, shots, settings))
    rows += [_check_images(name, settings, graph) for name in graph.image_sets()]
    return rows


def require_masks(settings: Settings) -> None:
    """Refuse sets of images whose masks the run needs and that have none at all.

    Sets that cannot be read yet, or not at all, are left to the run.

    Raises
    ------
    DataError
        For the first such set.
    """
    graph = ExperimentGraph(settings)
    for name in graph.annotated_sets():
        row = _check_images(name, settings, graph)
        if WITHOUT_MASKS in row.problems:
            raise DataError(row.path, f"{row.name}: {WITHOUT_MASKS}", UNMASKED_REMEDY)


def format_report(rows: Sequence[CheckRow]) -> str:
    """Lay the rows out as text for a terminal."""
    return "\n".join(line for row in rows for line in _lines(row))


def _lines(row: CheckRow) -> Iterator[str]:
    yield f"{row.status:9} {row.name}: {row.path} ({row.format})"
    if row.found:
        paper = f" (the paper: {row.published})" if row.published else ""
        yield f"{'':9} found: {row.found}{paper}"
    for problem in row.problems[:_REASONS]:
        yield f"{'':9} problem: {problem}"
    if len(row.problems) > _REASONS:
        yield f"{'':9} and {len(row.problems) - _REASONS} more problems"
    if not row.ok:
        yield f"{'':9} to be had: {WHERE[row.format]}"


def _check_dataset(
    name: str, dataset: VideoDataset, settings: Settings
) -> tuple[Sequence[Shot], CheckRow]:
    published = _published(dataset.format, dataset.root, settings.classes, settings)
    if _to_be_rendered(dataset.root, settings):
        return [], CheckRow(name, dataset.format, dataset.root, "rendered")
    try:
        shots, skipped = build_manifest(dataset, settings.classes, "skip")
    except DataError as error:
        problem = f"{error.path}: {error.problem}"
        return [], CheckRow(name, dataset.format, dataset.root, "missing", problems=(problem,))
    found = f"{len({shot.video for shot in shots})} videos, {len(shots)} shots"
    status, problems = _judge(skipped, settings)
    return shots, CheckRow(name, dataset.format, dataset.root, status, found, published, problems)


def _check_motion(name: str, motion: MotionMasks, settings: Settings) -> CheckRow:
    if motion.root is None:
        return CheckRow(name, motion.format, "computed from the frames", "ok")
    if _to_be_rendered(motion.root, settings):
        return CheckRow(name, motion.format, motion.root, "rendered")
    try:
        problem = "" if any(scan_names(motion.root)) else f"{motion.root}: the folder is empty"
    except DataError as error:
        problem = f"{error.path}: {error.problem}"
    if problem:
        return CheckRow(name, motion.format, motion.root, "missing", problems=(problem,))
    return CheckRow(name, motion.format, motion.root, "ok")


def _not_checked(name: str, dataset: VideoDataset, truth: GroundTruth, needed: str) -> CheckRow:
    """Ground truth is read shot by shot, and which shots there are is not known."""
    problem = f"not looked at, because {needed} is missing"
    root = truth.root or dataset.root
    return CheckRow(name, truth.format, root, "unknown", problems=(problem,))


def _check_boxes(
    name: str,
    dataset: VideoDataset,
    truth: GroundTruth,
    shots: Sequence[Shot],
    settings: Settings,
) -> CheckRow:
    root = truth.root or dataset.root
    if _to_be_rendered(root, settings):
        return CheckRow(name, truth.format, root, "rendered")
    try:
        boxes, skipped = read_ground_truth(truth, Path(dataset.root), shots, "skip")
    except DataError as error:
        problem = f"{error.path}: {error.problem}"
        return CheckRow(name, truth.format, root, "missing", problems=(problem,))
    frames = {(box.video, box.shot, box.frame) for box in boxes}
    found = f"{len(boxes)} boxes in {len(frames)} frames"
    status, problems = _judge(skipped, settings)
    return CheckRow(name, truth.format, root, status, found, problems=problems)


def _check_images(key: str, settings: Settings, graph: ExperimentGraph) -> CheckRow:
    name, image_set = f"images.{key}", settings.images[key]
    root = image_set.root if isinstance(image_set, PascalVoc) else image_set.images
    split = image_set.split if isinstance(image_set, PascalVoc) else ""
    published = _published(split, root, settings.classes_of_images(key), settings)
    if _to_be_rendered(root, settings):
        return CheckRow(name, image_set.format, root, "rendered")
    try:
        images, skipped = read_image_set(image_set, settings.classes, "skip")
    except DataError as error:
        problem = f"{error.path}: {error.problem}"
        return CheckRow(name, image_set.format, root, "missing", problems=(problem,))
    masks = sum(image.mask is not None for image in images)
    found = f"{len(images)} images, {masks} with masks"
    status, problems = _judge(skipped, settings) if images else ("missing", _texts(skipped))
    if images and not masks and key in graph.annotated_sets():
        status, problems = "flawed", (WITHOUT_MASKS, *problems)
    return CheckRow(name, image_set.format, root, status, found, published, problems)


def _judge(skipped: Sequence[Skipped], settings: Settings) -> tuple[str, tuple[str, ...]]:
    status = "flawed" if skipped and settings.on_error == "stop" else "ok"
    return status, _texts(skipped)


def _texts(skipped: Sequence[Skipped]) -> tuple[str, ...]:
    return tuple(f"{entry.item}: {entry.reason}" for entry in skipped)


def _published(key: str, root: str, classes: Sequence[str], settings: Settings) -> str:
    ten = set(classes) == set(YOUTUBE_OBJECTS_CLASSES)
    return PUBLISHED.get(key, "") if ten and not _of_demo(root, settings) else ""


def _to_be_rendered(root: str, settings: Settings) -> bool:
    return _of_demo(root, settings) and not Path(root).exists()


def _of_demo(root: str, settings: Settings) -> bool:
    folder = Path(settings.demo.root).absolute()
    return settings.demo.enabled and Path(root).absolute().is_relative_to(folder)

"""Ground-truth boxes of a dataset, whatever their layout."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mcnn.artefacts.annotations import AnnotatedBox
from mcnn.artefacts.shots import Shot
from mcnn.artefacts.skipped import OnError, Skipped, collecting
from mcnn.config.datasets import GroundTruth
from mcnn.datasets.annotations import annotate
from mcnn.datasets.frames import frame_size
from mcnn.datasets.imagenet_vid_boxes import read_xml_boxes
from mcnn.datasets.mask_files import png_paths, read_mask_file
from mcnn.datasets.youtube_objects_boxes import read_mat_boxes, read_sticks, read_voc_boxes
from mcnn.errors import DataError
from mcnn.imaging.boxes import box_of
from mcnn.imaging.masks import FOREGROUND


def read_ground_truth(
    truth: GroundTruth, dataset_root: Path, shots: Sequence[Shot], on_error: OnError
) -> tuple[list[AnnotatedBox], list[Skipped]]:
    """Boxes of the annotated frames of a dataset's shots.

    Parameters
    ----------
    truth
        Format and root of the ground truth.
    dataset_root
        Root of the dataset.
    shots
        Its manifest.
    on_error
        ``skip`` leaves out what is missing or broken.

    Returns
    -------
    boxes, skipped

    Raises
    ------
    DataError
        Under ``stop``, for the first thing at fault; in any case if the folder is missing or no
        frame is annotated.
    """
    root = Path(truth.root) if truth.root else dataset_root
    if not root.is_dir():
        raise DataError(root, "the folder of the annotations is missing", "correct its `root`")
    if truth.format == "youtube_objects_mat":
        boxes, skipped = read_mat_boxes(root, truth.splits, shots, on_error)
    elif truth.format == "youtube_objects_voc":
        boxes, skipped = read_voc_boxes(root, truth.splits, shots, on_error)
    elif truth.format == "sticks":
        boxes, skipped = read_sticks(shots, on_error)
    elif truth.format == "imagenet_vid":
        boxes, skipped = read_xml_boxes(root, shots, on_error)
    else:
        boxes, skipped = _read_masks(root, dataset_root, shots, on_error)
    if not boxes:
        raise DataError(
            root,
            f"no frame of the dataset is annotated in the layout {truth.format}",
            "correct `ground_truth` of the dataset, or leave `colocalization.targets` empty",
        )
    return boxes, skipped


def _read_masks(
    root: Path, dataset_root: Path, shots: Sequence[Shot], on_error: OnError
) -> tuple[list[AnnotatedBox], list[Skipped]]:
    """Boxes around the masks of those frames that have one and show something in it."""
    boxes: list[AnnotatedBox] = []
    skipped: list[Skipped] = []
    for shot in shots:
        paths = zip(shot.indices, png_paths(shot, root, dataset_root), strict=True)
        annotated = [(frame, path) for frame, path in paths if path.is_file()]
        if not annotated:
            continue
        with collecting(skipped, f"{shot.video}/{shot.shot}", on_error):
            size = frame_size(shot, annotated[0][0])
            for frame, path in annotated:
                with collecting(skipped, str(path), on_error):
                    box = box_of(read_mask_file(path, size) == FOREGROUND)
                    if box is not None:
                        edges = np.array([box], np.float64)
                        for tag in shot.tags:
                            boxes += annotate(shot, frame, tag, edges, [""])
    return boxes, skipped

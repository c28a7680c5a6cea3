"""The labels of pixels: what their numbers mean, in every array and file of a run.

Label 0 is the background, label k the k-th object class of an experiment, 255 takes no part.
"""

from collections.abc import Iterable

IGNORE = 255
"""Label of pixels that take no part in a loss or a score."""

BACKGROUND = "background"
"""Name of label 0."""

VOC_CLASSES = (
    "aeroplane",
    "bicycle",
    "bird",
    "boat",
    "bottle",
    "bus",
    "car",
    "cat",
    "chair",
    "cow",
    "diningtable",
    "dog",
    "horse",
    "motorbike",
    "person",
    "pottedplant",
    "sheep",
    "sofa",
    "train",
    "tvmonitor",
)
"""The object classes of PASCAL VOC 2012 in the order of their indices 1 to 20."""

YOUTUBE_OBJECTS_CLASSES = (
    "aeroplane",
    "bird",
    "boat",
    "car",
    "cat",
    "cow",
    "dog",
    "horse",
    "motorbike",
    "train",
)
"""The ten classes of YouTube-Objects, in the order of the paper's tables."""


def index_of(classes: Iterable[str]) -> dict[str, int]:
    """Label of each object class, from 1 on, in the order of the classes.

    Examples
    --------
    >>> index_of(["dog", "horse"])
    {'dog': 1, 'horse': 2}
    """
    return {name: label for label, name in enumerate(classes, start=1)}

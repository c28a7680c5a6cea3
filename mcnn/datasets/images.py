"""Sets of images, for joint training and evaluation, whatever their layout."""

from collections.abc import Sequence

from mcnn.artefacts.images import Image
from mcnn.artefacts.skipped import OnError, Skipped
from mcnn.config.images import ImageSet, PascalVoc
from mcnn.datasets.image_folder import read_image_folder
from mcnn.datasets.pascal_voc import read_pascal_voc


def read_image_set(
    image_set: ImageSet, classes: Sequence[str], on_error: OnError
) -> tuple[list[Image], list[Skipped]]:
    """List the images of a set; nothing is decoded but masks that have to give the tags.

    Parameters
    ----------
    image_set
        Settings of the set.
    classes
        Object classes of the run, for a set without `classes` of its own; images have at least
        one of them, and no other tag.
    on_error
        ``skip`` leaves out what is missing or broken.

    Returns
    -------
    images, skipped
        What is kept, and what is left out with the reasons.

    Raises
    ------
    DataError
        Under ``stop``, for the first thing at fault; in any case if a folder or list is missing.
    """
    if isinstance(image_set, PascalVoc):
        return read_pascal_voc(image_set, image_set.classes or classes, on_error)
    return read_image_folder(image_set, classes, on_error)

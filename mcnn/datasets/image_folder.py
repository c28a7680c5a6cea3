"""A folder of images with tags, beside a folder of masks if there are some."""

from collections.abc import Sequence
from pathlib import Path

from mcnn.artefacts.images import Image, MaskFormat
from mcnn.artefacts.label_maps import read_names
from mcnn.artefacts.skipped import OnError, Skipped, collecting
from mcnn.config.images import ImageFolder
from mcnn.datasets.files import list_images
from mcnn.datasets.tags import Tags, read_tags
from mcnn.errors import UNPACK, DataError, did_you_mean
from mcnn.files import refuse_foreign_name


def read_image_folder(
    image_set: ImageFolder, classes: Sequence[str], on_error: OnError
) -> tuple[list[Image], list[Skipped]]:
    """Images of a folder; an image's mask has the same stem.

    Parameters
    ----------
    image_set
        Folders, threshold, and the class of all images or the table of their tags, in which an
        image has the name of its file, with or without the suffix. Images without any of
        `classes` among the tags of the table are none of the set.
    classes
        Object classes of the run, in whose order the tags are.
    on_error
        ``skip`` leaves out images that lack a mask or are not in the table, or all of them if the
        one class is none of the run's.

    Returns
    -------
    images, skipped
        In natural order of the names.

    Raises
    ------
    DataError
        Under ``stop``, for the first image at fault; in any case if a folder or the table is
        missing, or there are no images, or none with one of the classes.
    """
    folder = Path(image_set.images)
    names = list_images(folder)
    if not names:
        raise DataError(folder, "the folder holds no images", UNPACK)
    of_image = None if image_set.tags is None else read_tags(Path(image_set.tags))
    masks = {} if image_set.masks is None else _masks(Path(image_set.masks))
    mask_format = _mask_format(image_set)
    images: list[Image] = []
    skipped: list[Skipped] = []
    with collecting(skipped, str(folder), on_error):
        if image_set.tag is not None and image_set.tag not in classes:
            close = did_you_mean(image_set.tag, classes)
            problem = f"its tag {image_set.tag!r} is not among the `classes`{close}"
            raise DataError(folder, problem, "correct `tag` or `classes`")
        for name in names:
            stem = Path(name).stem
            with collecting(skipped, stem, on_error):
                refuse_foreign_name(folder / name)
                given = {image_set.tag} if of_image is None else _tags(name, of_image, image_set)
                tags = tuple(tag for tag in classes if tag in given)
                if not tags:
                    continue
                mask = masks.get(stem)
                if mask is None and image_set.masks is not None:
                    missing = Path(image_set.masks, name)
                    raise DataError(missing, "the mask is missing, with any suffix", UNPACK)
                path = str(folder / name)
                images.append(Image(stem, path, mask, tags, mask_format, image_set.threshold))
    if not images and not skipped:
        problem = f"none of its images has a tag among the `classes` {', '.join(classes)}"
        raise DataError(image_set.tags or folder, problem, "correct the tags or `classes`")
    return images, skipped


def _masks(folder: Path) -> dict[str, str]:
    return {Path(name).stem: str(folder / name) for name in list_images(folder)}


def _mask_format(image_set: ImageFolder) -> MaskFormat:
    if image_set.tag is not None:
        return "binary"
    if image_set.masks is None or read_names(Path(image_set.masks)) is None:
        return "voc_index"
    return "named"


def _tags(name: str, of_image: Tags, image_set: ImageFolder) -> tuple[str, ...]:
    for key in (name, Path(name).stem):
        if key in of_image:
            return of_image[key]
    path = Path(image_set.images, name)
    raise DataError(path, f"{image_set.tags} has no row of it", "add its tags to the table")

"""A folder of images of one class, beside a folder of figure-ground masks."""

from collections.abc import Sequence
from pathlib import Path

from mcnn.artefacts.images import Image
from mcnn.artefacts.skipped import OnError, Skipped, collecting
from mcnn.config.images import ImageFolder
from mcnn.datasets.files import list_images
from mcnn.errors import UNPACK, DataError, did_you_mean


def read_image_folder(
    image_set: ImageFolder, classes: Sequence[str], on_error: OnError
) -> tuple[list[Image], list[Skipped]]:
    """Images of a folder; an image's mask has the same stem.

    Parameters
    ----------
    image_set
        Folders, class and threshold.
    classes
        Object classes of the run, the folder's among them.
    on_error
        ``skip`` leaves out images without mask, or all of them if their class is none of the
        run's.

    Returns
    -------
    images, skipped
        In natural order of the names.

    Raises
    ------
    DataError
        Under ``stop``, for the first image at fault; in any case if a folder is missing or holds
        no images.
    """
    folder = Path(image_set.images)
    names = list_images(folder)
    if not names:
        raise DataError(folder, "the folder holds no images", UNPACK)
    masks = {Path(name).stem: Path(image_set.masks, name) for name in list_images(image_set.masks)}
    images: list[Image] = []
    skipped: list[Skipped] = []
    with collecting(skipped, str(folder), on_error):
        if image_set.tag not in classes:
            close = did_you_mean(image_set.tag, classes)
            problem = f"its tag {image_set.tag!r} is not among the `classes`{close}"
            raise DataError(folder, problem, "correct `tag` or `classes`")
        for name in names:
            path = folder / name
            with collecting(skipped, path.stem, on_error):
                mask = masks.get(path.stem)
                if mask is None:
                    missing = Path(image_set.masks, name)
                    raise DataError(missing, "the mask is missing, with any suffix", UNPACK)
                images.append(
                    Image(
                        path.stem,
                        str(path),
                        str(mask),
                        (image_set.tag,),
                        "binary",
                        image_set.threshold,
                    )
                )
    return images, skipped

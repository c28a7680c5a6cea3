"""Settings of sets of images."""

from typing import Annotated, Literal

from pydantic import Field

from mcnn.config.base import Section


class PascalVoc(Section):
    """Images of PASCAL VOC 2012."""

    format: Literal["pascal_voc"]
    root: str = Field(description="The folder VOC2012, or one that holds VOCdevkit/VOC2012.")
    split: str = Field(
        description="A list of ImageSets/Segmentation: train, val, trainval, test, train_aug."
    )
    classes: Annotated[tuple[str, ...], Field(min_length=1)] | None = Field(
        default=None,
        description="Object classes, where they differ from the run's: images with at least one.",
    )


class ImageFolder(Section):
    """A folder of images of one class, with figure-ground masks of the same names."""

    format: Literal["image_folder"]
    images: str = Field(description="Folder of the images (jpg, png).")
    masks: str = Field(description="Folder of the masks; an image's mask has the same stem.")
    tag: str = Field(description="The class of the foreground.")
    threshold: int = Field(
        default=128, ge=1, le=255, description="Mask values from here on are foreground."
    )


ImageSet = Annotated[PascalVoc | ImageFolder, Field(discriminator="format")]

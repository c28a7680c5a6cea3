"""Settings of sets of images."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mcnn.config.base import ClassName, Section


class PascalVoc(Section):
    """Images of PASCAL VOC 2012."""

    format: Literal["pascal_voc"]
    root: str = Field(description="The folder VOC2012, or one that holds VOCdevkit/VOC2012.")
    split: str = Field(
        description="A list of ImageSets/Segmentation: train, val, trainval, test, train_aug."
    )
    classes: Annotated[tuple[ClassName, ...], Field(min_length=1)] | None = Field(
        default=None,
        description="Object classes, where they differ from the run's: images with at least one.",
    )


class ImageFolder(Section):
    """A folder of images, and perhaps masks of the same names: of one class, or of several."""

    format: Literal["image_folder"]
    images: str = Field(description="Folder of the images (jpg, png).")
    masks: str | None = Field(
        default=None, description="Folder of the masks; an image's mask has the same stem."
    )
    tag: str | None = Field(
        default=None, description="The class of all images; masks are figure and ground."
    )
    tags: str | None = Field(
        default=None,
        description="Or a CSV file with columns image and tags, several with spaces between; masks "
        "are PNGs of labels, VOC's or those of names.csv in their folder.",
    )
    threshold: int = Field(
        default=128, ge=1, le=255, description="Mask values from here on are foreground."
    )

    @model_validator(mode="after")
    def _one_source_of_tags(self) -> Self:
        if (self.tag is None) == (self.tags is None):
            raise ValueError("give either `tag`, the class of all images, or `tags`, a CSV file")
        return self


ImageSet = Annotated[PascalVoc | ImageFolder, Field(discriminator="format")]

"""Datasets of videos, sets of images, and the rendered demo."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from mcnn.config.base import Section

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


class MotionMasks(Section):
    """Where the motion masks of a dataset come from."""

    format: Literal["segment", "png", "fos_mat", "auto"] = Field(
        default="segment",
        description="segment: computed from the frames, see `motion`. png: one mask per frame, at "
        "the frame's path below `root` with the suffix .png, non-zero is foreground. fos_mat: "
        "segmentationShot<k>.mat of the FOS release (MATLAB v5 or v7.3), k counting the shots of "
        "a class from 1. auto: fos_mat for the shots that have such a file, png for the others.",
    )
    root: str | None = Field(
        default=None,
        description="Folder of masks that were computed before; for fos_mat, of one folder per "
        "class.",
    )

    @model_validator(mode="after")
    def _root(self) -> "MotionMasks":
        if (self.root is None) != (self.format == "segment"):
            raise ValueError(
                "computed masks have no `root`" if self.root else "precomputed masks need a `root`"
            )
        return self


class GroundTruth(Section):
    """Where the boxes of a dataset's annotated frames come from."""

    format: Literal[
        "youtube_objects_mat", "youtube_objects_voc", "sticks", "imagenet_vid", "png"
    ] = Field(
        description="youtube_objects_mat: bb_gt*.mat of YouTube-Objects v2.2; "
        "youtube_objects_voc: XML of v2.3; sticks: *_sticks.mat of v1.0, for datasets of the "
        "format youtube_objects_v1; imagenet_vid: XML of ILSVRC2015; png: a mask per annotated "
        "frame, in the layout of motion masks."
    )
    root: str | None = Field(
        default=None, description="Folder of the annotations; absent: the root of the dataset."
    )
    splits: tuple[str, ...] = Field(
        default=(),
        description="youtube_objects_mat: Training, Test or both, which is the default; "
        "youtube_objects_voc: lists below ImageSets, for example Main/test; absent: all frames.",
    )

    @model_validator(mode="after")
    def _splits(self) -> "GroundTruth":
        if self.splits and not self.format.startswith("youtube_objects"):
            raise ValueError(f"ground truth of the format {self.format} has no `splits`")
        if self.format == "youtube_objects_mat" and not set(self.splits) <= {"Training", "Test"}:
            raise ValueError("splits of youtube_objects_mat are Training and Test")
        return self


class VideoDataset(Section):
    """A dataset of tagged videos."""

    format: Literal["youtube_objects", "youtube_objects_v1", "imagenet_vid", "video_folder"] = (
        Field(description="Layout on disk; docs/layouts.md describes each.")
    )
    root: str = Field(description="Folder the dataset was unpacked to.")
    motion: MotionMasks = Field(
        default=MotionMasks(), description="Where the motion masks of its videos come from."
    )
    ground_truth: GroundTruth | None = Field(
        default=None, description="Boxes to score co-localization with; nothing else reads them."
    )
    shots: Literal["detect", "whole"] = Field(
        default="detect",
        description="Only for video_folder. detect: videos are split at hard cuts and fades "
        "through black; whole: each video is one shot.",
    )


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


DemoClass = Literal["aeroplane", "boat", "car", "cat", "horse"]


class Demo(Section):
    """The rendered world, written in the official layouts."""

    enabled: bool = Field(default=False, description="Whether the run renders its own data.")
    root: str = Field(default="resources/demo", description="Folder the world is written to.")
    seed: int = Field(default=0, ge=0, description="Seed of everything that is drawn at random.")
    classes: tuple[DemoClass, ...] = Field(
        default=("aeroplane", "boat", "car", "horse"), min_length=1, description="What is drawn."
    )
    videos_per_class: int = Field(default=4, ge=1, description="Videos of each class.")
    shots_per_video: int = Field(default=5, ge=1, description="Shots of each video.")
    train_images: int = Field(default=60, ge=1, description="Tagged images for joint training.")
    val_images: int = Field(default=100, ge=1, description="Images with masks for evaluation.")
    height: int = Field(default=96, ge=32, description="Height of frames and images, in pixels.")
    width: int = Field(default=128, ge=32, description="Width of frames and images, in pixels.")

"""Settings of datasets of tagged videos."""

from typing import Literal

from pydantic import Field, model_validator

from mcnn.config.base import Section

MAT_SPLITS = ("Training", "Test")
"""Frames that YouTube-Objects v2.2 has boxes of, by the lists of its release."""


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
    unknown: int | None = Field(
        default=None,
        ge=1,
        le=255,
        description="Value (of a palette, the index) in masks of the format png that stands for "
        "unknown, usually 255: such pixels take no part in the labels and in the loss. Absent: "
        "all but 0 is foreground.",
    )

    @model_validator(mode="after")
    def _root(self) -> "MotionMasks":
        if (self.root is None) != (self.format == "segment"):
            raise ValueError(
                "computed masks have no `root`" if self.root else "precomputed masks need a `root`"
            )
        if self.unknown is not None and self.format not in ("png", "auto"):
            raise ValueError(f"masks of the format {self.format} have no `unknown`")
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
        if self.format == "youtube_objects_mat" and not set(self.splits) <= set(MAT_SPLITS):
            raise ValueError(f"splits of youtube_objects_mat are {' and '.join(MAT_SPLITS)}")
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

"""Settings of the pruning and sampling of shots (paper, section 4.2)."""

from pydantic import Field, model_validator

from mcnn.config.base import Section


class Pruning(Section):
    """Which frames of a shot are kept."""

    min_frames: int = Field(
        default=20, ge=1, description="Shots and runs of frames shorter than this are dropped."
    )
    min_foreground: float = Field(
        default=0.025, ge=0, le=1, description="Least foreground, as a share of the frame."
    )
    max_foreground: float = Field(
        default=0.5, ge=0, le=1, description="Most foreground, as a share of the frame."
    )
    min_confidence: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Least J that is to be expected of a frame's mask, by the motion segmentation; "
        "masks that were read from files have none and pass.",
    )


class Shots(Pruning):
    """Pruning and sampling of shots."""

    frames_per_sample: int = Field(
        default=10, ge=1, description="Frames sampled uniformly from a kept run."
    )
    longer_side: int | None = Field(
        default=500,
        ge=1,
        description="Larger sampled frames are reduced to it, in pixels; 500 is that of VOC's "
        "images. null: none is.",
    )

    @model_validator(mode="after")
    def _bounds(self) -> "Shots":
        if self.min_foreground >= self.max_foreground:
            raise ValueError("min_foreground must be below max_foreground")
        if self.frames_per_sample > self.min_frames:
            raise ValueError("frames_per_sample must not exceed min_frames")
        return self

"""Settings of the motion segmentation."""

from typing import Literal

from pydantic import Field

from mcnn.config.base import Section


class MotionSegmentation(Section):
    """Fast object segmentation (Papazoglou & Ferrari, 2013): from frames to motion masks."""

    longer_side: int = Field(default=400, ge=32, description="Frames are reduced to it, in pixels.")
    flow: Literal["dis", "farneback", "raft"] = Field(default="dis", description="Optical flow.")
    superpixels: int = Field(default=1500, ge=4, description="SLIC superpixels of a frame.")
    compactness: float = Field(default=30.0, gt=0, description="Compactness of SLIC.")
    slic_iterations: int = Field(default=10, ge=1, description="Iterations of SLIC.")
    all_derivatives: bool = Field(default=True)
    gradient_scale: float = Field(default=0.7, gt=0)
    direction_scale: float = Field(default=1.0, gt=0)
    rim: float = Field(default=0.05, ge=0, lt=0.5)
    votes: int = Field(default=4, ge=0, le=7)
    foreground_components: int = Field(default=5, ge=1, description="Gaussians of the foreground.")
    background_components: int = Field(default=8, ge=1, description="Gaussians of the background.")
    appearance_decay: float = Field(default=1e-4, ge=0)
    location_weight: float = Field(default=5.0)
    unary_weight: float = 10.0
    spatial_weight: float = 5000.0
    temporal_weight: float = 4000.0
    rounds: int = 4

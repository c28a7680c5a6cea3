"""Settings of the motion segmentation (Papazoglou & Ferrari, "Fast object segmentation", 2013)."""

from typing import Any, Literal

from pydantic import Field, model_validator

from mcnn.config.base import Section
from mcnn.config.presets import PRESETS, Preset


class MotionSegmentation(Section):
    """From the frames of a shot to motion masks."""

    preset: Preset = Field(
        default="default",
        description="Values of all settings that are not given. fast: FOS for dense sub-pixel "
        "flow, without saliency and refinement; fos-2013: the constants of the FOS release, for "
        "its own flow in whole pixels.",
    )
    longer_side: int = Field(
        default=400, ge=64, description="Larger frames are reduced to it, in pixels."
    )
    videos_per_job: int = Field(
        default=1,
        ge=1,
        description="Videos whose motion masks a job of the workflow segments or reads; their file "
        "has room for a million frames.",
    )
    window: int = Field(
        default=120, ge=8, description="Frames that are labelled jointly; longer shots overlap."
    )
    overlap: int = Field(
        default=20, ge=1, description="Frames of context on either side where windows overlap."
    )

    flow: Literal["dis", "dis-fine", "farneback", "raft"] = Field(
        default="dis-fine",
        description="Optical flow: OpenCV's DIS (preset medium), the same down to the scale of "
        "the frame, OpenCV's Farneback, torchvision's RAFT.",
    )
    raft_weights: str | None = Field(
        default=None, description="State dict of torchvision's raft_small, for `flow: raft`."
    )

    superpixels: int = Field(default=1500, ge=4, description="SLIC superpixels of a frame.")
    compactness: float = Field(default=30.0, gt=0, description="Compactness of SLIC.")
    slic_iterations: int = Field(default=2, ge=1, description="Iterations of SLIC.")

    cues: Literal["inside-outside", "saliency"] = Field(
        default="saliency",
        description="What makes a location. inside-outside: the maps of FOS; saliency: that of "
        "the motion and, as a factor, that of the colours.",
    )
    colour_floor: float = Field(
        default=0.6,
        ge=0,
        description="Locations count (saliency of the colours + this) / (1 + this); the larger, "
        "the less colours matter.",
    )
    compensate_camera: bool = Field(
        default=True, description="Only what an affine camera motion leaves of the flow counts."
    )
    all_derivatives: bool = Field(
        default=True,
        description="Flow gradient from all four derivatives, not only the two across.",
    )
    folded_directions: bool = Field(
        default=False,
        description="Directions that mirror each other at the x axis do not differ (FOS release).",
    )
    gradient_quantiles: tuple[float, ...] = Field(
        default=(0.9, 0.95, 0.98, 0.99, 0.995),
        description="Sure boundaries have gradients above these quantiles of their field; the "
        "inside-outside maps of all are averaged. Empty: `gradient_scale` decides.",
    )
    gradient_floor: float = Field(
        default=0.03,
        gt=0,
        description="Least gradient of a sure boundary, in pixels per frame and pixel.",
    )
    gradient_scale: float = Field(
        default=0.7,
        gt=0,
        description="Boundary strength is 1 - exp(-scale gradient), in frames; used without "
        "quantiles. Where the inside region is not compact, 0.71 to 1.41 are tried.",
    )
    direction_scale: float = Field(
        default=1.0, gt=0, description="Weight of the squared difference of directions, 1/rad^2."
    )
    rim: float = Field(
        default=0.05,
        ge=0,
        lt=0.5,
        description="Margin without boundaries, as a share of the longer side; at least 12 pixels.",
    )
    votes: int = Field(
        default=4, ge=0, le=7, description="A pixel is inside with more than so many of 8 votes."
    )
    inside_median: Literal[0, 3, 5, 7] = Field(
        default=3, description="Side of the median filter of an inside-outside map, 0: none."
    )

    ratio_noise: float = Field(
        default=0.05,
        ge=0,
        lt=1,
        description="Share of a superpixel that is inside, or its saliency, by chance; subtracted.",
    )
    quality_decay: float = Field(
        default=2.0, ge=0, description="Propagated locations fade by exp(-decay mean gradient)."
    )
    normaliser: Literal["shot", "local", "otsu"] = Field(
        default="otsu",
        description="What a location is divided by. shot: the maximum over the shot; local: a "
        "running median over frames of the 99th percentile; otsu: of the mean above Otsu's "
        "threshold, which suits small and large objects; both above the frame's median.",
    )
    normaliser_frames: int = Field(
        default=61, ge=1, description="Frames of the running median of the normaliser."
    )
    location_share: float = Field(
        default=0.55, gt=0, description="Share of the normaliser from which a location is sure."
    )
    location_floor: float = Field(
        default=0.005, gt=0, lt=0.5, description="Locations stay so far away from 0 and 1."
    )
    evidence: float = Field(default=0.6, gt=0, description="Least value of the running normaliser.")

    foreground_components: int = Field(default=5, ge=1, description="Gaussians of the foreground.")
    background_components: int = Field(default=8, ge=1, description="Gaussians of the background.")
    appearance_decay: float = Field(
        default=1e-4, ge=0, description="Samples dt frames away count exp(-decay dt^2)."
    )
    appearance_stride: int = Field(
        default=8, ge=1, description="Mixtures are fitted to every so-manieth frame."
    )
    appearance_init: Literal["soft", "thresholds"] = Field(
        default="soft",
        description="First weights of the samples. soft: the squared location and its complement; "
        "thresholds: the location above 0.2, its complement below 0.05.",
    )

    location_weight: float = Field(default=2.0, ge=0, description="Weight against appearance.")
    unary_weight: float = Field(default=10.0, ge=0, description="Weight of both.")
    spatial_weight: float = Field(
        default=3000.0, ge=0, description="Weight between neighbours, in pixels."
    )
    temporal_weight: float = Field(default=800.0, ge=0, description="Weight along the flow.")
    motion_contrast: float = Field(
        default=2.0,
        ge=0,
        description="Neighbours of different motion are less tied: exponent of their squared "
        "difference over twice its mean in the frame.",
    )
    rounds: int = Field(
        default=2, ge=1, description="Rounds of labelling and re-estimating the mixtures."
    )
    fall_back: bool = Field(
        default=True,
        description="Where the labelling collapses to nothing or everything, label by the "
        "location alone.",
    )
    short_memory: bool = Field(
        default=True,
        description="Label by a location that forgets sooner, too: it is taken where the motion "
        "changes much more at its boundary; elsewhere, what it does without has to have the "
        "colours of the foreground.",
    )
    least_strength: float = Field(
        default=0.3,
        ge=0,
        le=1,
        description="A region whose motion, summed over its life, has less than this share of a "
        "region's that is there all that time is dropped.",
    )
    refine: bool = Field(
        default=True,
        description="Take out gaps that have the colours around the mask, and cut anew between "
        "pixels around its boundary.",
    )

    @model_validator(mode="before")
    @classmethod
    def _preset(cls, values: Any) -> Any:
        preset = values.get("preset", "default") if isinstance(values, dict) else None
        if not isinstance(preset, str) or preset not in PRESETS:
            return values
        return {**PRESETS[preset], **values}

    @model_validator(mode="after")
    def _window(self) -> "MotionSegmentation":
        if self.window <= 2 * self.overlap:
            raise ValueError("window must be more than twice overlap")
        if any(not 0 < q < 1 for q in self.gradient_quantiles):
            raise ValueError("gradient_quantiles must lie between 0 and 1")
        if self.flow == "raft" and self.raft_weights is None:
            raise ValueError("flow 'raft' needs raft_weights")
        return self

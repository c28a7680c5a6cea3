"""Presets of the motion segmentation, without pydantic: the command line names them in its help."""

from typing import Any, Literal

Preset = Literal["default", "fast", "fos-2013"]

_FOS: dict[str, Any] = {
    "flow": "dis",
    "cues": "inside-outside",
    "motion_contrast": 0.0,
    "rounds": 4,
    "short_memory": False,
    "least_strength": 0.0,
    "refine": False,
}

PRESETS: dict[Preset, dict[str, Any]] = {
    "default": {},
    "fast": {
        **_FOS,
        "ratio_noise": 0.08,
        "normaliser": "local",
        "normaliser_frames": 11,
        "location_share": 0.26,
        "location_floor": 0.01,
        "location_weight": 4.0,
        "temporal_weight": 2400.0,
    },
    "fos-2013": {
        **_FOS,
        "slic_iterations": 10,
        "compensate_camera": False,
        "all_derivatives": False,
        "folded_directions": True,
        "gradient_quantiles": (),
        "inside_median": 0,
        "ratio_noise": 0.0,
        "normaliser": "shot",
        "location_share": 0.75,
        "location_floor": 1e-6,
        "appearance_init": "thresholds",
        "appearance_stride": 1,
        "location_weight": 5.0,
        "spatial_weight": 5000.0,
        "temporal_weight": 4000.0,
        "fall_back": False,
        "window": 1000,
    },
}
"""What each preset sets. The fields' own defaults are those of `default`; `fast` is FOS with
constants for dense sub-pixel flow, and `fos-2013` with those of its release, which was made for
large displacement flow in whole pixels."""

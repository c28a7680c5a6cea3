"""Presets of the motion segmentation, without pydantic: the command line names them in its help."""

from typing import Any, Literal

Preset = Literal["default", "fos-2013"]

PRESETS: dict[Preset, dict[str, Any]] = {
    "default": {},
    "fos-2013": {
        "backward_flow": False,
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
"""What each preset sets. The fields' own defaults are those of `default`, which is made for dense
sub-pixel flow; `fos-2013` has the constants of the FOS release, which was made for large
displacement flow in whole pixels."""

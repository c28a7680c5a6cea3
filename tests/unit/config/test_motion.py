import pytest

from mcnn.config.motion import MotionSegmentation

FOS_2013 = {
    # Of the release v1.2 (docs/method.md, motion segmentation).
    "longer_side": 400,
    "compensate_camera": False,
    "all_derivatives": False,
    "folded_directions": True,
    "gradient_quantiles": (),
    "gradient_scale": 0.7,
    "direction_scale": 1,
    "votes": 4,
    "inside_median": 0,
    "superpixels": 1500,
    "compactness": 30,
    "quality_decay": 2,
    "ratio_noise": 0,
    "normaliser": "shot",
    "location_share": 0.75,
    "foreground_components": 5,
    "background_components": 8,
    "appearance_decay": 1e-4,
    "appearance_stride": 1,
    "appearance_init": "thresholds",
    "unary_weight": 10,
    "location_weight": 5,
    "spatial_weight": 5000,
    "temporal_weight": 4000,
    "rounds": 4,
    "fall_back": False,
    # Ours: OpenCV's SLIC and flow, a rim as in `default`, windows, a floor that logarithms need.
    "slic_iterations": 10,
    "flow": "dis",
    "raft_weights": None,
    "rim": 0.05,
    "window": 1000,
    "overlap": 20,
    "location_floor": 1e-6,
    # What `default` adds.
    "cues": "inside-outside",
    "motion_contrast": 0,
    "short_memory": False,
    "least_strength": 0,
    "refine": False,
    # Without effect: of saliency, of running normalisers and of quantiles.
    "colour_floor": 0.6,
    "normaliser_frames": 61,
    "evidence": 0.6,
    "gradient_floor": 0.03,
}


FAST = {
    "flow": "dis",
    "superpixels": 1500,
    "slic_iterations": 2,
    "cues": "inside-outside",
    "gradient_quantiles": (0.9, 0.95, 0.98, 0.99, 0.995),
    "inside_median": 3,
    "ratio_noise": 0.08,
    "normaliser": "local",
    "normaliser_frames": 11,
    "location_share": 0.26,
    "location_floor": 0.01,
    "evidence": 0.6,
    "appearance_init": "soft",
    "appearance_stride": 8,
    "location_weight": 4,
    "unary_weight": 10,
    "spatial_weight": 3000,
    "temporal_weight": 2400,
    "motion_contrast": 0,
    "rounds": 4,
    "fall_back": True,
    "short_memory": False,
    "least_strength": 0,
    "refine": False,
}


def test_the_preset_fast_is_fos_for_sub_pixel_flow():
    found = MotionSegmentation(preset="fast").model_dump()
    assert {name: found[name] for name in FAST} == FAST


def test_the_preset_fos_2013_has_the_constants_of_the_release():
    found = MotionSegmentation(preset="fos-2013").model_dump(exclude={"preset", "videos_per_job"})
    assert found == FOS_2013


@pytest.mark.parametrize("preset", ["default", "fast", "fos-2013"])
def test_what_is_given_has_precedence_over_the_preset(preset):
    before = MotionSegmentation(preset=preset).model_dump()
    after = MotionSegmentation(preset=preset, spatial_weight=7, votes=5).model_dump()
    assert after == before | {"spatial_weight": 7, "votes": 5}

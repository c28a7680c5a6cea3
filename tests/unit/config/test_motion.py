import pytest

from mcnn.config.motion import MotionSegmentation

FOS_2013 = {
    # Of the release v1.2 (docs/method.md, motion segmentation).
    "longer_side": 400,
    "backward_flow": False,
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
    # Without effect: of the local normaliser and of quantiles.
    "evidence": 0.6,
    "gradient_floor": 0.03,
}


def test_the_preset_fos_2013_has_the_constants_of_the_release():
    found = MotionSegmentation(preset="fos-2013").model_dump(exclude={"preset"})
    assert found == FOS_2013


@pytest.mark.parametrize("preset", ["default", "fos-2013"])
def test_what_is_given_has_precedence_over_the_preset(preset):
    before = MotionSegmentation(preset=preset).model_dump()
    after = MotionSegmentation(preset=preset, spatial_weight=7, votes=5).model_dump()
    assert after == before | {"spatial_weight": 7, "votes": 5}

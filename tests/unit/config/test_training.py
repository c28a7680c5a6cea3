import pytest
from pydantic import ValidationError

from mcnn.config.training import Optimizer, Stage

STAGE = {"iterations": 1, "learning_rate": 1e-9, "step_size": 1, "alpha": 0, "warmup": 0}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("iterations", 0), ("learning_rate", 0), ("step_size", 0), ("alpha", -1e-9)),
        *(("warmup", -1), ("iterations", 1.5), ("alhpa", 1)),
    ],
)
def test_the_least_values_of_a_stage_are_allowed_and_less_is_not(key, value):
    assert Stage(**STAGE).model_dump() == STAGE
    with pytest.raises(ValidationError, match=key):
        Stage(**{**STAGE, key: value})


@pytest.mark.parametrize("key", ["iterations", "learning_rate", "step_size", "alpha"])
def test_what_a_stage_must_say(key):
    with pytest.raises(ValidationError, match=key):
        Stage(**{name: value for name, value in STAGE.items() if name != key})


@pytest.mark.parametrize(
    ("key", "allowed", "refused"),
    [
        ("step_factor", [1e-9, 1], [0, 1.1]),
        ("momentum", [0, 0.99], [-0.1, 1]),
        ("weight_decay", [0], [-0.1]),
        ("bias_multiplier", [1e-9], [0]),
        ("classifier_multiplier", [1e-9], [0]),
        ("backbone_multiplier", [0, 1], [-0.1]),
        ("background_weight", [1e-9], [0]),
        ("warmup_background_weight", [1e-9, None], [0]),
        ("crop_size", [9, 17, 321], [1, 10, 13, 16, 320, 322]),
        ("iter_size", [1], [0]),
        ("images_per_batch", [1], [0]),
        ("class_weights", ["auto", "balanced", "equal", "none"], ["all", None]),
        ("sample_weights", ["none", "confidence"], ["all", None]),
        ("video_batches", ["auto", "shots", "frames"], ["all", None]),
        ("mirror", [True, False], ["left"]),
        ("precision", ["float32", "bfloat16"], ["float16", None]),
        ("deterministic", [True, False], ["warn"]),
        ("micro_batch_size", [None, 1], [0]),
    ],
)
def test_bounds_of_what_stages_share(key, allowed, refused):
    for value in allowed:
        assert getattr(Optimizer(**{key: value}), key) == value
    for value in refused:
        with pytest.raises(ValidationError, match=key):
            Optimizer(**{key: value})

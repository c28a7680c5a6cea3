import pytest
from pydantic import ValidationError

from mcnn.config.labels import Labels

BASELINES = ["em_adapt", "em_fixed", "ccnn", "mil", "lse"]
OWN = ["own:build", "_a1.b.c:build_2"]


@pytest.mark.parametrize(
    ("key", "allowed", "refused"),
    [
        ("predictor", ["soft", "hard", "network_only", *BASELINES, *OWN], ["full"]),
        ("image_predictor", ["network_only", "full", *BASELINES, *OWN], ["soft", "hard"]),
    ],
)
def test_names_of_predictors_and_places_of_ones_own(key, allowed, refused):
    for name in allowed:
        assert getattr(Labels(**{key: name}), key) == name
    for name in [*refused, "", "sft", "own", "own:", ":build", "a b:c", "a..b:c", "a:b.c", "a:b:c"]:
        with pytest.raises(ValidationError, match=f"{key}\n.*module:factory"):
            Labels(**{key: name})


@pytest.mark.parametrize(
    ("key", "allowed", "refused"),
    [
        ("foreground_components", [1], [0]),
        ("background_components", [1], [0]),
        ("rounds", [1], [0]),
        ("lambda", [0, 1e6], [-0.1]),
        ("gamma", [0], [-0.1]),
        ("band", [0, 1], [-0.1, 1.1]),
        ("minimizer", ["grid", "pymaxflow"], ["other"]),
        ("stride", [1], [0]),
    ],
)
def test_bounds_of_label_estimation(key, allowed, refused):
    for value in allowed:
        assert Labels(**{key: value}).model_dump(by_alias=True)[key] == value
    for value in refused:
        with pytest.raises(ValidationError, match=key):
            Labels(**{key: value})

"""Which networks there are, and by what their input is normalised."""

import pytest
from pydantic import ValidationError

from mcnn.config.network import ARCHITECTURES, IMAGENET, Network
from mcnn.config.resolve import load_settings, plain, stage_records
from mcnn.errors import ConfigError
from mcnn.networks import build

HALF = (0.5, 0.5, 0.5)
CONFIG = {
    "classes": ["cat", "dog"],
    "datasets": {"own": {"format": "video_folder", "root": "videos"}},
    "images": {"voc": {"format": "pascal_voc", "root": "voc", "split": "val"}},
    "experiments": {"chain": {"dataset": "own", "stages": ["initial"]}},
    "targets": ["chain/initial"],
    "evaluation": {"sets": ["voc"]},
}


def test_the_names_are_those_that_can_be_built():
    assert set(ARCHITECTURES) == set(build.ARCHITECTURES)


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_torchvisions_resnets_have_become_timms(name):
    with pytest.raises(ValidationError, match=f"timm:{name}, as ResNets are timm's now"):
        Network(architecture=name)
    assert Network(architecture=f"timm:{name}").architecture == f"timm:{name}"


@pytest.mark.parametrize("name", ["vgg16", "", "Timm:resnet18"])
def test_other_names_are_refused_with_those_that_there_are(name):
    with pytest.raises(ValidationError, match=r"one of deeplab_large_fov, .* or timm:<name>"):
        Network(architecture=name)


@pytest.mark.parametrize(
    ("architecture", "expected"),
    [
        *((name, IMAGENET) for name in ARCHITECTURES),
        ("timm:resnet18", IMAGENET),
        ("timm:vit_tiny_patch16_224", (HALF, HALF)),
        ("timm:convnext_base.clip_laion2b", "clip"),
    ],
)
def test_mean_and_deviation_are_those_of_the_architectures_weights(architecture, expected):
    if expected == "clip":
        expected = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
    network = Network(architecture=architecture)
    assert network.statistics() == expected
    resolved = network.resolved()
    assert (resolved.mean, resolved.std) == expected
    assert resolved.resolved() == resolved
    given = Network(architecture=architecture, mean=(0.1, 0.2, 0.3))
    assert given.statistics() == ((0.1, 0.2, 0.3), expected[1])


@pytest.mark.parametrize(
    ("name", "close"), [("resnet19", "timm:resnet18"), ("resnet18.a1", "timm:resnet18.a1_in1k")]
)
def test_a_model_that_timm_lacks_is_refused_with_those_of_like_names(name, close):
    config = {**CONFIG, "network": {"architecture": f"timm:{name}"}}
    with pytest.raises(ConfigError, match=f"network.architecture: got 'timm:{name}'.*{close}"):
        load_settings(config)


def test_an_override_of_the_architecture_changes_mean_and_deviation_with_it():
    experiments = {
        "vit": {
            **CONFIG["experiments"]["chain"],
            "override": {"network": {"architecture": "timm:vit_tiny_patch16_224"}},
        },
        **CONFIG["experiments"],
    }
    settings = load_settings({**CONFIG, "experiments": experiments})
    for name, expected in (("vit", (HALF, HALF)), ("chain", IMAGENET)):
        record = stage_records(settings, name)["initial"]
        assert (record.network.mean, record.network.std) == expected
        written = plain(settings)["stages"][name]["initial"]["network"]
        assert (tuple(written["mean"]), tuple(written["std"])) == expected

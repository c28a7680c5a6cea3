"""timm's models by families, with random weights: one contract for all."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from tiny_training import CLASSES, shot, write_shots

from mcnn._timm import import_timm, pretrained_settings
from mcnn.config.labels import Labels
from mcnn.config.network import Network
from mcnn.config.record import StageRecord
from mcnn.config.training import Optimizer, Stage
from mcnn.errors import ConfigError, DataError
from mcnn.networks import pretrained, timm
from mcnn.networks.build import build_network
from mcnn.networks.pretrained import fetch_pretrained, load_pretrained
from mcnn.networks.scores import predict_labels, predict_probabilities
from mcnn.networks.weights import load_network
from mcnn.training.stage import StageInputs, train_stage

STAGES = [(8, 3.5), (16, 7.5), (32, 15.5)]
"""Of patches of 4 pixels, and then twice the patches of before."""
DILATED, STRIDED = [(8, 0)] * 3, [(8, 0), (16, 0), (32, 0)]
FAMILIES = {
    "resnet18": ({}, DILATED),
    "convnext_atto": ({"depths": (1, 1, 1, 1), "dims": (16, 16, 24, 24)}, STAGES),
    "efficientnet_lite0": ({}, DILATED),
    # TensorFlow pads even sides at the right and the bottom alone: by a pixel at each stride.
    "tf_efficientnet_lite0": ({}, [(8, 7)] * 3),
    "mobilenetv3_small_050": ({}, STRIDED),
    "regnetx_002": ({}, DILATED),
    "swin_tiny_patch4_window7_224": (
        {"embed_dim": 24, "depths": (1, 2, 1, 1), "num_heads": (1, 2, 2, 2)},
        STAGES,
    ),
    "vit_tiny_patch16_224": ({"embed_dim": 48, "depth": 4}, [(16, 7.5)] * 3),
    "vit_small_patch14_dinov2": ({"embed_dim": 48, "depth": 4, "num_heads": 3}, [(14, 6.5)] * 3),
    "pvt_v2_b0": ({"depths": (1, 1, 1, 1)}, STRIDED),
    # Its pools between stages are of 2 x 2.
    "densenet121": ({"block_config": (2, 2, 2, 2)}, [(8, 2), (16, 6), (32, 14)]),
}
"""Options that make members smaller, and spacing and offset of the levels."""
every_family = pytest.mark.parametrize("name", sorted(FAMILIES))


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Models of those families are built with their options."""
    real = import_timm()

    def create_model(name, **options):
        return real.create_model(name, **FAMILIES.get(name, ({},))[0], **options)

    monkeypatch.setattr(timm, "import_timm", lambda: SimpleNamespace(create_model=create_model))


def make(name, seed=0):
    torch.manual_seed(seed)
    return build_network(Network(architecture=f"timm:{name}"), 1 + len(CLASSES))


def train(folder, name, **optimizer):
    shots = [shot("v", 0, ("boat",), 10, (60, 70)), shot("v", 1, ("car",), 30, (90, 64))]
    write_shots(folder / "samples.parquet", shots)
    record = StageRecord(
        dataset="videos",
        images=None,
        classes=CLASSES,
        start=None,
        network=Network(architecture=f"timm:{name}", weights="none"),
        labels=Labels(predictor="hard"),
        stage=Stage(iterations=2, learning_rate=1e-3, step_size=2, alpha=1),
        optimizer=Optimizer(
            crop_size=65, class_weights="balanced", video_batches="shots", **optimizer
        ),
    )
    inputs = StageInputs(samples=folder / "samples.parquet")
    train_stage(inputs, folder / "out", record, 0, "cpu", torch.get_num_threads(), "", 9, 9)
    return folder / "out" / "model.safetensors"


@every_family
def test_a_model_is_trained_saved_loaded_and_exported(name, tmp_path):
    path = train(tmp_path, name)
    (network, classes), (again, _) = load_network(path), load_network(path)
    assert classes == CLASSES
    assert (network.settings.mean, network.settings.std) == (
        pretrained_settings(name)["mean"],
        pretrained_settings(name)["std"],
    )
    before, after = make(name).state_dict(), network.state_dict()
    learned = [n for n, _ in network.named_parameters()]
    assert [n for n in learned if torch.equal(before[n], after[n])] == []
    fixed = set(before) - set(learned) - {"classifier.0.mean", "classifier.0.std"}
    assert all(torch.equal(before[n], after[n]) for n in fixed)

    images = np.random.default_rng(0).integers(0, 256, (2, 75, 50, 3), dtype=np.uint8)
    probabilities = predict_probabilities(network, images)
    assert probabilities.shape == (2, 1 + len(CLASSES), 75, 50)
    assert (probabilities == predict_probabilities(again, images)).all()
    labels = predict_labels(again.train(), images[1])
    assert (labels == probabilities[1].argmax(axis=0)).all()

    inputs = torch.randn(1, 3, 73, 49)
    exported = torch.export.export(network, (inputs,)).module()
    with torch.no_grad():
        torch.testing.assert_close(exported(inputs), network(inputs))


@every_family
def test_levels_lie_where_filters_and_patches_put_them(name):
    network = make(name)
    assert [tuple(level[1:]) for level in network.places] == FAMILIES[name][1]
    with torch.no_grad():
        found = network.levels(torch.zeros(1, 3, 65, 129))
        assert network(torch.zeros(1, 3, 65, 129)).shape[2:] == (9, 17)
    multiple = network.multiple
    assert multiple == {14: 14, 16: 16}.get(network.places[0].spacing, network.places[-1].spacing)
    for features, level in zip(found, network.places, strict=True):
        sides = (-(-side // multiple) * multiple // level.spacing for side in (65, 129))
        assert features.shape == (1, level.channels, *sides)


@pytest.mark.parametrize(
    ("strides", "read"),
    [((2, 4, 8, 16, 32), [2, 3, 4]), ((4, 8, 16, 32), [1, 2, 3]), ((16,) * 12, [5, 8, 11])],
)
def test_the_last_three_stages_are_read_or_blocks_at_half_and_three_quarters_and_the_end(
    strides, read
):
    model = SimpleNamespace(feature_info=[{"reduction": stride} for stride in strides])
    assert timm._indices(model) == read


@pytest.mark.parametrize(
    ("name", "side"),
    [
        *(("vit_tiny_patch16_224", 160), ("vit_small_patch14_dinov2", 154), ("pvt_v2_b0", 256)),
        ("swin_tiny_patch4_window7_224", 224),
    ],
)
def test_a_bright_square_is_where_its_features_are(name, side):
    """By the mean place of the change, of squares at all remainders of the stride."""
    network = make(name).eval()
    images = torch.randn(1, 3, 32, side) / 2
    errors = [[] for _ in network.places]
    with torch.no_grad():
        dark = network.levels(images)
        for middle in range(side // 2 - 16, side // 2 + 16):
            bright = images.clone()
            bright[..., middle - 4 : middle + 5] += 2
            for level, x, y, found in zip(
                network.places, dark, network.levels(bright), errors, strict=True
            ):
                change = (x - y).square().sum((0, 1, 2))
                pixels = level.spacing * torch.arange(len(change)) + level.offset
                found.append(float(change @ pixels.float() / change.sum()) - middle)
    means = [abs(np.mean(found)) for found in errors]
    assert max(means) < 2, means


def test_the_backbone_stays_in_evaluation_mode():
    network = make("efficientnet_lite0")
    assert network.training
    assert not any(layer.training for layer in network.backbone.modules())
    assert network.train().training
    assert not any(layer.training for layer in network.backbone.modules())
    assert network.classifier.training


def test_a_frozen_backbone_is_the_one_it_started_from(tmp_path):
    network, _ = load_network(train(tmp_path, "resnet18", backbone_multiplier=0))
    before, after = make("resnet18").state_dict(), network.state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed == {f"classifier.{n}" for n in ("0.mean", "0.std", "1.weight", "1.bias")}


@pytest.mark.parametrize("name", ["maxvit_nano_rw_256", "crossvit_9_240", "mvitv2_tiny"])
def test_a_model_for_images_of_one_size_is_refused(name):
    with pytest.raises(ConfigError, match=f"got 'timm:{name}', expected a model that gives feat"):
        make(name)


# --- weights


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("name", ["resnet18", "vit_small_patch14_dinov2"])
def test_a_local_file_has_timms_names(name, suffix, tmp_path):
    torch.manual_seed(7)
    source = timm.import_timm().create_model(name).state_dict()
    path = tmp_path / f"weights{suffix}"
    # Some files lack the counters.
    stored = {n: x for n, x in source.items() if not n.endswith("num_batches_tracked")}
    torch.save(stored, path) if suffix == ".pth" else pretrained.save_file(stored, path)
    network = make(name)
    head = {n: x.clone() for n, x in network.classifier.state_dict().items()}
    load_pretrained(network, path)
    state = network.state_dict()
    own = {n.removeprefix("backbone."): x for n, x in state.items() if n.startswith("backbone.")}
    assert len(own) > 20
    for tensor_name, tensor in own.items():
        assert torch.equal(tensor, source[tensor_name]), tensor_name
    assert all(torch.equal(x, network.classifier.state_dict()[n]) for n, x in head.items())


def test_a_file_of_another_model_is_refused(tmp_path):
    torch.save(make("regnetx_002").backbone.state_dict(), tmp_path / "a.pth")
    with pytest.raises(DataError, match=r"tensor backbone\.\S+ is missing.*timm's resnet18"):
        load_pretrained(make("resnet18"), tmp_path / "a.pth")


def test_timms_default_weights_are_fetched_into_a_local_file(tmp_path, monkeypatch):
    asked = []

    def create_model(name, pretrained, cache_dir):
        asked.append((name, pretrained))
        (cache_dir / "blob").write_bytes(b"")
        torch.manual_seed(3)
        return timm.import_timm().create_model(name)

    monkeypatch.setattr(
        pretrained, "import_timm", lambda: SimpleNamespace(create_model=create_model)
    )
    path = tmp_path / "weights" / "a.safetensors"
    fetch_pretrained("timm:resnet18", path)
    assert asked == [("resnet18", True)]
    assert list(path.parent.iterdir()) == [path]
    network = make("resnet18")
    load_pretrained(network, path)
    torch.manual_seed(3)
    expected = timm.import_timm().create_model("resnet18").state_dict()
    assert torch.equal(network.backbone.conv1.weight, expected["conv1.weight"])


def test_a_download_that_fails_says_where_to_get_the_file(tmp_path, monkeypatch):
    def create_model(name, **options):
        raise OSError("no route to host")

    monkeypatch.setattr(
        pretrained, "import_timm", lambda: SimpleNamespace(create_model=create_model)
    )
    with pytest.raises(DataError, match=r"no route to host.*timm/resnet18\.a1_in1k yourself"):
        fetch_pretrained("timm:resnet18", tmp_path / "a.safetensors")
    assert list(tmp_path.iterdir()) == []

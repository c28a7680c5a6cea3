"""Against torchvision's own models: dilated, the same features at stride 8."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from mcnn._torchvision import import_torchvision
from mcnn.config.network import Network
from mcnn.networks.build import build_network
from mcnn.networks.pretrained import load_pretrained

SQUEEZENET = (
    Path(__file__).parents[3].parent
    / "shared"
    / "data"
    / "weights"
    / "squeezenet1_1_imagenet_features.safetensors"
)


def load_torchvisions_weights(network, theirs, folder):
    torch.save(theirs.state_dict(), folder / "weights.pth")
    load_pretrained(network, folder / "weights.pth")


@pytest.mark.parametrize("architecture", ["resnet18", "resnet50"])
def test_resnet_at_stride_8_contains_torchvisions_at_stride_32(architecture, tmp_path):
    torch.manual_seed(0)
    theirs = import_torchvision().models.get_model(architecture, weights=None).eval()
    for layer in theirs.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            for statistic in (layer.running_var, layer.weight):
                torch.nn.init.uniform_(statistic, 0.5, 1.5)
            for statistic in (layer.running_mean, layer.bias):
                torch.nn.init.normal_(statistic, std=0.1)
    ours = build_network(Network(architecture=architecture), 2)
    load_torchvisions_weights(ours, theirs, tmp_path)

    features = {}
    for name, network in (("ours", ours), ("theirs", theirs)):
        network.layer4.register_forward_hook(
            lambda _, __, output, name=name: features.update({name: output})
        )
    image = torch.randn(1, 3, 129, 97)
    with torch.no_grad():
        ours.train()(image)  # the normalisation is frozen: training makes no difference
        theirs(image)
    assert features["ours"].shape[2:] == (17, 13)
    scale = features["theirs"].std()
    torch.testing.assert_close(
        features["ours"][:, :, ::4, ::4] / scale,
        features["theirs"] / scale,
        rtol=1e-3,
        atol=1e-4,
    )


def interior_of_squeezenets(ours, theirs):
    """Features of both where neither sees its zero padding.

    Unpadded, torchvision's cell k is centred on pixel 16 k + 15, ours on 8 k.
    """
    image = torch.randn(1, 3, 400, 368)
    with torch.no_grad():
        a = ours.features(image[:, :, 15:, 15:])[:, :, ::2, ::2]
        b = theirs.features(image)
    inside = slice(7, 14)
    return a[:, :, inside, inside], b[:, :, inside, inside]


def test_squeezenet_at_stride_8_contains_torchvisions_at_stride_16(tmp_path):
    torch.manual_seed(0)
    theirs = import_torchvision().models.squeezenet1_1(weights=None).eval()
    ours = build_network(Network(architecture="squeezenet1_1"), 2).eval()
    load_torchvisions_weights(ours, theirs, tmp_path)
    a, b = interior_of_squeezenets(ours, theirs)
    assert b.std() > 0
    torch.testing.assert_close(a / b.std(), b / b.std(), rtol=1e-3, atol=1e-4)


@pytest.mark.skipif(not SQUEEZENET.exists(), reason=f"{SQUEEZENET} is not there")
def test_squeezenets_pretrained_features():
    torch.manual_seed(0)
    ours = build_network(Network(architecture="squeezenet1_1"), 2).eval()
    head = [tensor.clone() for tensor in ours.classifier.state_dict().values()]
    load_pretrained(ours, SQUEEZENET)
    weights = load_file(SQUEEZENET)
    state = ours.state_dict()
    assert {name for name in state if name.startswith("features.")} == set(weights)
    assert all(torch.equal(state[name], tensor) for name, tensor in weights.items())
    assert all(map(torch.equal, head, ours.classifier.state_dict().values()))

    theirs = import_torchvision().models.squeezenet1_1(weights=None).eval()
    theirs.load_state_dict(weights, strict=False)
    a, b = interior_of_squeezenets(ours, theirs)
    torch.testing.assert_close(a / b.std(), b / b.std(), rtol=1e-3, atol=1e-4)


def test_resnets_normalisation_has_no_parameters():
    network = build_network(Network(architecture="resnet18"), 2)
    assert not [name for name, _ in network.named_parameters() if ".bn" in name or "bn1" in name]
    assert "layer1.0.bn1.running_var" in network.state_dict()


@pytest.mark.parametrize("architecture", ["squeezenet1_1", "resnet18"])
def test_the_last_layer_reads_features_of_mean_0_in_every_frame(architecture):
    network = build_network(Network(architecture=architecture), 3).eval()
    features = []
    network.classifier[-1].register_forward_pre_hook(lambda _, inputs: features.extend(inputs))
    network(torch.rand(2, 3, 65, 65) * torch.tensor([1.0, 5.0]).view(2, 1, 1, 1))
    means = features[0].mean(dim=(2, 3))
    torch.testing.assert_close(means, torch.zeros_like(means), atol=1e-4, rtol=0)

"""Against torchvision's own models: dilated, the same features at stride 8."""

import copy
from pathlib import Path
from unittest import mock

import pytest
import torch
from safetensors.torch import load_file

from mcnn._torchvision import import_torchvision
from mcnn.config.network import Network
from mcnn.networks.build import build_network
from mcnn.networks.pretrained import load_pretrained

WEIGHTS = Path(__file__).parents[3].parent / "shared" / "data" / "weights"
SQUEEZENET = WEIGHTS / "squeezenet1_1_imagenet_features.safetensors"
MOBILENET = WEIGHTS / "mobilenet_v2_imagenet.safetensors"


def load_torchvisions_weights(network, theirs, folder):
    torch.save(theirs.state_dict(), folder / "weights.pth")
    load_pretrained(network, folder / "weights.pth")


@pytest.fixture
def mobilenets(tmp_path):
    """Ours, and torchvision's with batch normalisation that does something."""
    torch.manual_seed(0)
    theirs = import_torchvision().models.mobilenet_v2(weights=None).eval()
    for layer in theirs.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            for statistic in (layer.running_var, layer.weight):
                torch.nn.init.uniform_(statistic, 0.5, 1.5)
            for statistic in (layer.running_mean, layer.bias):
                torch.nn.init.normal_(statistic, std=0.1)
    ours = build_network(Network(architecture="mobilenet_v2"), 2)
    load_torchvisions_weights(ours, theirs, tmp_path)
    return ours, theirs


def test_mobilenets_levels_are_torchvisions_at_strides_8_16_and_32(mobilenets):
    ours, theirs = mobilenets
    image = torch.randn(1, 3, 129, 97)
    found = []
    for end in (6, 13, 17):
        theirs.features[end].register_forward_hook(lambda *given: found.append(given[-1]))
    with torch.no_grad():
        levels = ours.train().levels(image)  # frozen normalisation: training makes no difference
        theirs(image)
    for level, expected, size in zip(levels, found, ((17, 13), (9, 7), (5, 4)), strict=True):
        assert level.shape[2:] == size
        scale = expected.std()
        torch.testing.assert_close(level / scale, expected / scale, rtol=1e-3, atol=1e-4)


def test_mobilenets_gradients_are_torchvisions(mobilenets):
    """Of a copy, whose layers are its own."""
    ours, theirs = copy.deepcopy(mobilenets[0]).train(), mobilenets[1]
    image = torch.randn(1, 3, 65, 65)
    ours.levels(image)[-1].square().mean().backward()
    theirs.features[:18](image).square().mean().backward()
    expected = {name: value.grad for name, value in theirs.features[:18].named_parameters()}
    found = {name: value.grad for name, value in ours.features.named_parameters()}
    assert len(found) == 51
    for name, gradient in found.items():
        scale = expected[name].std()
        torch.testing.assert_close(gradient / scale, expected[name] / scale, rtol=1e-3, atol=1e-3)


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


def test_squeezenets_levels_are_the_fire_modules_around_its_last_pool():
    network = build_network(Network(architecture="squeezenet1_1"), 2).eval()
    image = torch.randn(1, 3, 33, 33)
    with torch.no_grad():
        first, last = network.levels(image)
        assert torch.equal(first, network.features[:8](image))
        assert torch.equal(last, network.features(image))
    assert type(network.features[8]).__name__ == "MaxPool2d"


def check_weights_from_file(network, path):
    head = [tensor.clone() for tensor in network.classifier.state_dict().values()]
    load_pretrained(network, path)
    weights, state = load_file(path), network.state_dict()
    features = [name for name in state if name.startswith("features.")]
    assert all(torch.equal(state[name], weights[name]) for name in features)
    assert all(map(torch.equal, head, network.classifier.state_dict().values()))
    return weights, features


@pytest.mark.skipif(not SQUEEZENET.exists(), reason=f"{SQUEEZENET} is not there")
def test_squeezenets_pretrained_features():
    torch.manual_seed(0)
    ours = build_network(Network(architecture="squeezenet1_1"), 2).eval()
    weights, features = check_weights_from_file(ours, SQUEEZENET)
    assert set(features) == set(weights)

    theirs = import_torchvision().models.squeezenet1_1(weights=None).eval()
    theirs.load_state_dict(weights, strict=False)
    a, b = interior_of_squeezenets(ours, theirs)
    torch.testing.assert_close(a / b.std(), b / b.std(), rtol=1e-3, atol=1e-4)


@pytest.mark.skipif(not MOBILENET.exists(), reason=f"{MOBILENET} is not there")
def test_mobilenets_pretrained_features():
    network = build_network(Network(architecture="mobilenet_v2"), 2)
    weights, features = check_weights_from_file(network, MOBILENET)
    unused = {name for name in weights if name.startswith(("features.18.", "classifier."))}
    assert set(features) == {n for n in weights if "num_batches" not in n} - unused


def test_mobilenets_normalisation_has_no_parameters(mobilenets):
    network, theirs = mobilenets
    parameters = dict(network.named_parameters())
    normalising = [n for n, x in theirs.named_modules() if isinstance(x, torch.nn.BatchNorm2d)]
    assert len(normalising) == 52
    for name in normalising[:-1]:
        assert f"{name}.weight" not in parameters
        assert f"{name}.running_var" in network.state_dict()


def test_a_pointwise_convolution_is_a_product_of_matrices_that_keeps_channels_last(mobilenets):
    ours, _ = mobilenets
    kinds = set()
    for layer in ours.features.modules():
        if not isinstance(layer, torch.nn.Conv2d):
            continue
        kinds.add((layer.kernel_size, layer.stride, layer.groups > 1, layer.is_pointwise()))
        image = torch.randn(2, layer.in_channels, 7, 9).to(memory_format=torch.channels_last)
        with mock.patch.object(layer, "is_pointwise", return_value=False):
            expected = layer(image)
        found = layer(image)
        torch.testing.assert_close(found, expected)
        assert found.is_contiguous(memory_format=torch.channels_last)
    assert kinds == {
        ((1, 1), (1, 1), False, True),
        ((3, 3), (1, 1), True, False),
        ((3, 3), (2, 2), True, False),
        ((3, 3), (2, 2), False, False),
    }


def test_an_exported_network_has_convolutions(mobilenets):
    ours, _ = mobilenets
    graph = torch.export.export(ours.features, (torch.randn(1, 3, 65, 65),)).graph
    called = [str(node.target) for node in graph.nodes if node.op == "call_function"]
    convolutions = sum(isinstance(m, torch.nn.Conv2d) for m in ours.features.modules())
    assert sum("conv2d" in name for name in called) == convolutions
    assert not any("linear" in name for name in called)

"""What every architecture promises."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from mcnn.config.network import Network
from mcnn.networks.build import ARCHITECTURES, build_network

N_LABELS = 5

every_architecture = pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))


def make(architecture, seed=0):
    torch.manual_seed(seed)
    return build_network(Network(architecture=architecture, width=0.1), N_LABELS)


def n_scores(side, stride):
    return len(range(0, side, stride))


@every_architecture
@pytest.mark.parametrize("size", [(97, 97), (50, 63), (64, 33)])
def test_one_score_per_stride_and_label(architecture, size):
    network = make(architecture).eval()
    with torch.no_grad():
        scores = network(torch.randn(2, 3, *size))
    stride = network.output_stride
    assert scores.shape == (2, N_LABELS, *(n_scores(side, stride) for side in size))
    assert scores.isfinite().all()


@every_architecture
def test_shape_at_full_width_and_crop_size(architecture):
    with torch.device("meta"):
        network = build_network(Network(architecture=architecture), 21)
        scores = network(torch.empty(10, 3, 321, 321))
    side = n_scores(321, network.output_stride)
    assert scores.shape == (10, 21, side, side)
    assert side == {8: 41, 4: 81}[network.output_stride]


def make_periodic(network):
    """Pads like a torus, so that rolling the image by a stride rolls the scores by one."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
            padding = layer.padding if isinstance(layer.padding, int) else layer.padding[0]
            layer.padding = (0, 0)
            layer.register_forward_pre_hook(
                lambda _, inputs, p=padding: functional.pad(inputs[0], (p,) * 4, mode="circular")
            )


@pytest.mark.parametrize("architecture", [name for name in ARCHITECTURES if name != "mobilenet_v2"])
def test_image_rolled_by_the_stride_rolls_scores_by_one(architecture):
    network = make(architecture).double().eval()
    make_periodic(network)
    stride = network.output_stride
    image = torch.randn(1, 3, 96, 96, dtype=torch.float64)
    with torch.no_grad():
        scores = network(image)
        rolled = network(image.roll((stride, -stride), (2, 3)))
    assert scores.std() > 0
    torch.testing.assert_close(rolled, scores.roll((1, -1), (2, 3)))


@every_architecture
def test_scores_lie_on_multiples_of_the_stride(architecture):
    """With symmetric filters, a mirrored image has mirrored scores only if the grid is centred."""
    network = make(architecture).double().eval()
    with torch.no_grad():
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d):
                layer.weight += layer.weight.flip(2)
                layer.weight += layer.weight.flip(3)
        image = torch.randn(1, 3, 97, 65, dtype=torch.float64)
        scores, mirrored = network(image), network(image.flip(2, 3))
    torch.testing.assert_close(mirrored, scores.flip(2, 3))


@every_architecture
def test_gradients_reach_all_parameters(architecture):
    network = make(architecture).train()
    scores = network(torch.randn(2, 3, 65, 65))
    functional.cross_entropy(scores, torch.ones_like(scores[:, 0], dtype=torch.long)).backward()
    without = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert without == []
    assert all(parameter.requires_grad for parameter in network.parameters())


@every_architecture
def test_state_dict_round_trip(architecture):
    network, other = make(architecture, seed=0).eval(), make(architecture, seed=1).eval()
    image = torch.randn(1, 3, 33, 33)
    with torch.no_grad():
        assert not torch.equal(network(image), other(image))
        other.load_state_dict(network.state_dict())
        torch.testing.assert_close(network(image), other(image), rtol=0, atol=0)


@every_architecture
def test_last_layer_is_gaussian_and_named(architecture):
    network = make(architecture)
    state = network.state_dict()
    weight, bias = (state[name] for name in network.classifier_names())
    assert weight.shape[0] == N_LABELS
    assert 0.005 < weight.std() < 0.015
    assert not bias.any()
    first, second = network.classifier_parameters()
    assert first.data_ptr() == weight.data_ptr()
    assert second.data_ptr() == bias.data_ptr()


@every_architecture
def test_statistics_of_the_input_are_settings_not_weights(architecture):
    mean, std = (0.1, 0.2, 0.3), (0.4, 0.5, 0.6)
    network = build_network(Network(architecture=architecture, width=0.1, mean=mean, std=std), 2)
    torch.testing.assert_close(network.mean, torch.tensor(mean))
    torch.testing.assert_close(network.std, torch.tensor(std))
    assert not {"mean", "std"} & set(network.state_dict())


def test_same_seed_same_network():
    first, second, third = (make("shallow", seed).state_dict() for seed in (3, 3, 4))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not all(torch.equal(first[name], third[name]) for name in first)

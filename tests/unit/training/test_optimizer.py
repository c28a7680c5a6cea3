import pytest
import torch
from torch import nn

from mcnn.config.network import Network
from mcnn.config.training import Optimizer, Stage
from mcnn.networks.build import build_network
from mcnn.training.optimizer import (
    freeze_backbone,
    learning_rate,
    parameter_groups,
    set_learning_rate,
)

SETTINGS = Optimizer()


def rates_and_decays(network, settings):
    """Learning rate and weight decay of each parameter, at a base rate of 0.001."""
    groups = parameter_groups(network, network.classifier_parameters(), settings)
    optimizer = torch.optim.SGD(groups, lr=1)
    set_learning_rate(optimizer, 0.001)
    names = {id(parameter): name for name, parameter in network.named_parameters()}
    found = {
        names[id(parameter)]: (group["lr"], group["weight_decay"])
        for group in optimizer.param_groups
        for parameter in group["params"]
    }
    return names.values(), found


def test_multipliers_and_decay_are_deeplabs():
    network = build_network(Network(architecture="deeplab_large_fov", width=0.1), 4)
    names, found = rates_and_decays(network, SETTINGS)
    assert found["features.0.weight"] == pytest.approx((0.001, 0.0005))
    assert found["features.0.bias"] == pytest.approx((0.002, 0))
    assert found["classifier.0.weight"] == pytest.approx((0.001, 0.0005))
    assert found["classifier.6.weight"] == pytest.approx((0.01, 0.0005))
    assert found["classifier.6.bias"] == pytest.approx((0.02, 0))
    assert len(found) == len(names)


@pytest.mark.parametrize("architecture", ["mobilenet_v2", "shallow"])
def test_all_layers_but_the_last_learn_at_the_backbones_rate(architecture):
    network = build_network(Network(architecture=architecture), 4)
    settings = Optimizer(backbone_multiplier=0.5, classifier_multiplier=3, bias_multiplier=2)
    names, found = rates_and_decays(network, settings)
    assert len(found) == len(names)
    last = network.classifier_names()
    for name, (rate, _) in found.items():
        expected = (3 if name in last else 0.5) * (2 if name.endswith("bias") else 1)
        assert rate == pytest.approx(0.001 * expected), name


@pytest.mark.parametrize("architecture", ["mobilenet_v2", "shallow", "deeplab_small_fov"])
def test_of_a_frozen_backbone_the_last_layer_alone_takes_gradients(architecture):
    network = build_network(Network(architecture=architecture, width=0.1), 4)
    freeze_backbone(network, network.classifier_parameters())
    _, found = rates_and_decays(network, Optimizer(backbone_multiplier=0))
    assert tuple(found) == network.classifier_names()
    behind = []
    network.classifier[-1].register_forward_pre_hook(lambda _, inputs: behind.extend(inputs))
    network(torch.randn(1, 3, 17, 17)).sum().backward()
    assert [each.requires_grad for each in behind] == [False]
    with_gradient = [n for n, p in network.named_parameters() if p.grad is not None]
    assert tuple(with_gradient) == network.classifier_names()


def test_frozen_parameters_are_left_out():
    network = nn.Linear(2, 2)
    network.bias.requires_grad_(False)
    groups = parameter_groups(network, [], SETTINGS)
    assert [len(group["params"]) for group in groups] == [1]


def test_the_rate_drops_by_the_factor_after_a_fixed_number_of_iterations():
    stage = Stage(iterations=6000, learning_rate=0.001, step_size=2000, alpha=1)
    rates = [learning_rate(i, stage, 0.1) for i in (0, 1999, 2000, 3999, 4000, 5999)]
    assert rates == pytest.approx([1e-3, 1e-3, 1e-4, 1e-4, 1e-5, 1e-5])

import pytest
import torch
from torch import nn

from mcnn.config.network import Network
from mcnn.config.training import Optimizer, Stage
from mcnn.networks.build import build_network
from mcnn.training.optimizer import learning_rate, parameter_groups, set_learning_rate

SETTINGS = Optimizer()


def test_multipliers_and_decay_are_deeplabs():
    network = build_network(Network(architecture="deeplab_large_fov", width=0.1), 4)
    groups = parameter_groups(network, network.classifier_parameters(), SETTINGS)
    optimizer = torch.optim.SGD(groups, lr=1)
    set_learning_rate(optimizer, 0.001)
    names = {id(parameter): name for name, parameter in network.named_parameters()}
    found = {
        names[id(parameter)]: (group["lr"], group["weight_decay"])
        for group in optimizer.param_groups
        for parameter in group["params"]
    }
    assert found["features.0.weight"] == pytest.approx((0.001, 0.0005))
    assert found["features.0.bias"] == pytest.approx((0.002, 0))
    assert found["classifier.0.weight"] == pytest.approx((0.001, 0.0005))
    assert found["classifier.6.weight"] == pytest.approx((0.01, 0.0005))
    assert found["classifier.6.bias"] == pytest.approx((0.02, 0))
    assert len(found) == len(names)


def test_frozen_parameters_are_left_out():
    network = nn.Linear(2, 2)
    network.bias.requires_grad_(False)
    groups = parameter_groups(network, [], SETTINGS)
    assert [len(group["params"]) for group in groups] == [1]


def test_the_rate_drops_by_the_factor_after_a_fixed_number_of_iterations():
    stage = Stage(iterations=6000, learning_rate=0.001, step_size=2000, alpha=1)
    rates = [learning_rate(i, stage, 0.1) for i in (0, 1999, 2000, 3999, 4000, 5999)]
    assert rates == pytest.approx([1e-3, 1e-3, 1e-4, 1e-4, 1e-5, 1e-5])

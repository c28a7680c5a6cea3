"""Random networks and comparisons of their weights."""

import torch

from mcnn.config.network import Network
from mcnn.networks.build import build_network


def make(architecture, width=1.0, n_labels=3, seed=0):
    torch.manual_seed(seed)
    return build_network(Network(architecture=architecture, width=width), n_labels)


def snapshot(network):
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def same(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[n], second[n]) for n in first)


# --- VGG-16 to DeepLab

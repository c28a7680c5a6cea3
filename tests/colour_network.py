"""A network whose predictions are known by hand: the label of a pixel is its colour."""

import torch
from torch import nn

from mcnn.config.network import Network
from mcnn.networks.shallow import Shallow
from mcnn.networks.weights import save_network

SETTINGS = Network(architecture="shallow", width=0.1, mean=(0, 0, 0), std=(1, 1, 1))


def colour_network():
    """Label 1 where it is red, 2 green, 3 blue, and 0 where it is black.

    All its convolutions pass three channels on as they are. Its scores are for every fourth row
    and column: between two of them labels may be those of either.
    """
    network = Shallow(SETTINGS, n_labels=4)
    with torch.no_grad():
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.zeros_(layer.weight)
                middle = layer.kernel_size[0] // 2
                layer.weight[range(3), range(3), middle, middle] = 1
        last = network.classifier[-1]
        nn.init.zeros_(last.weight)
        last.weight[[1, 2, 3], [0, 1, 2]] = 10
        last.bias[0] = 1
    return network.eval()


def save_colour_network(path, classes):
    """Write it as a trained model of three classes, and return it."""
    network = colour_network()
    save_network(network, path, classes, SETTINGS)
    return network

import pytest
import torch
from torch import nn
from torch.nn import functional

from mcnn.config.network import Network
from mcnn.networks.deeplab import DeepLab

LARGE, SMALL = "deeplab_large_fov", "deeplab_small_fov"


def make(architecture, width=1.0, n_labels=21):
    return DeepLab(Network(architecture=architecture, width=width), n_labels)


def n_parameters(architecture):
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in make(architecture).parameters())


def test_large_fov_has_20_5_million_parameters():
    features = sum(
        (9 * i + 1) * o
        for i, o in [
            *((3, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 256)),
            *((256, 512), *[(512, 512)] * 5),
        ]
    )
    head = (9 * 512 + 1) * 1024 + (1024 + 1) * 1024 + (1024 + 1) * 21
    assert n_parameters(LARGE) == features + head
    assert round(n_parameters(LARGE) / 1e6, 1) == 20.5


def test_small_fov_adds_the_wide_head():
    large, small = (
        (9 * 512 + 1) * 1024 + 1025 * 1024 + 1025 * 21,
        (16 * 512 + 1) * 4096 + 4097 * 4096 + 4097 * 21,
    )
    assert n_parameters(SMALL) - n_parameters(LARGE) == small - large


def test_names_and_shapes_of_the_convolutions_are_vgg16s():
    from mcnn._torchvision import import_torchvision

    with torch.device("meta"):
        ours = make(LARGE).state_dict()
        theirs = import_torchvision().models.vgg16().state_dict()
    assert {n: t.shape for n, t in ours.items() if n.startswith("features.")} == {
        n: t.shape for n, t in theirs.items() if n.startswith("features.")
    }
    assert set(ours) == set(theirs)


def extent(gradient):
    """Rows and columns from the first to the last that have any gradient."""
    sides = []
    for others in ((0, 1, 3), (0, 1, 2)):
        support = gradient.abs().sum(dim=others).nonzero().flatten()
        sides.append(int(support[-1] - support[0]) + 1)
    return tuple(sides)


@pytest.mark.parametrize(("architecture", "cells", "pixels"), [(LARGE, 25, 224), (SMALL, 13, 128)])
def test_field_of_view_of_fc6(architecture, cells, pixels):
    """One cell of VGG-16's pool5 stands for 32 pixels: its own fc6 has 7 * 32 = 224."""
    fc6 = make(architecture, width=0.05).classifier[0]
    nn.init.uniform_(fc6.weight, 0.1, 1)
    below = torch.rand(1, fc6.in_channels, 65, 65, requires_grad=True)
    (gradient,) = torch.autograd.grad(fc6(below)[0, 0, 32, 32], below)
    assert extent(gradient) == (cells, cells)
    assert (cells - 1) * 8 + 32 == pixels


@pytest.mark.parametrize(("architecture", "pixels"), [(LARGE, 435), (SMALL, 323)])
def test_receptive_field_of_fc6(architecture, pixels):
    """The derivation is in the text of the module."""
    network = make(architecture, width=0.02).double()
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.uniform_(layer.weight, 0.1, 1)
    # A maximum passes its gradient to one input only, an average of the same extent to all.
    for i, layer in enumerate(network.features):
        if isinstance(layer, nn.MaxPool2d):
            network.features[i] = nn.AvgPool2d(layer.kernel_size, layer.stride, layer.padding)
    image = torch.ones(1, 3, 465, 465, dtype=torch.float64, requires_grad=True)
    fc6 = network.classifier[0](network.pool(network.features(image)))
    (gradient,) = torch.autograd.grad(fc6[0, 0, 29, 29], image)
    assert extent(gradient) == (pixels, pixels)
    centre = gradient[0, 0].nonzero().double().mean(dim=0)
    assert centre.tolist() == [8 * 29, 8 * 29]


def by_hand(state, images, architecture, training):
    """The layers of DeepLab's prototxt, one after the other."""

    def convolution(name, x, **options):
        return functional.conv2d(x, state[f"{name}.weight"], state[f"{name}.bias"], **options)

    x, i = images, 0
    for block, depth in enumerate((2, 2, 3, 3, 3), start=1):
        apart = 2 if block == 5 else 1
        for _ in range(depth):
            x = convolution(f"features.{i}", x, padding=apart, dilation=apart).relu()
            i += 2
        x = functional.max_pool2d(x, 3, 2 if block <= 3 else 1, 1)
        i += 1
    if architecture == LARGE:
        x = functional.avg_pool2d(x, 3, 1, 1)
        x = convolution("classifier.0", x, padding=12, dilation=12)
    else:
        x = convolution("classifier.0", x, padding=6, dilation=4)
    x = functional.dropout(x.relu(), 0.5, training)
    x = functional.dropout(convolution("classifier.3", x).relu(), 0.5, training)
    return convolution("classifier.6", x)


@pytest.mark.parametrize("architecture", [LARGE, SMALL])
@pytest.mark.parametrize("training", [False, True])
def test_the_layers_are_those_of_the_prototxt(architecture, training):
    torch.manual_seed(0)
    network = make(architecture, width=0.05, n_labels=3).train(training)
    for parameter in network.parameters():
        if parameter.ndim == 1:
            nn.init.normal_(parameter, std=0.1)
    images = torch.randn(2, 3, 121, 89)
    with torch.no_grad():
        torch.manual_seed(1)
        scores = network(images)
        torch.manual_seed(1)
        expected = by_hand(network.state_dict(), images, architecture, training)
    assert expected.shape == (2, 3, 16, 12)
    assert expected.std(dim=(0, 2, 3)).min() > 1e-4
    torch.testing.assert_close(scores, expected, rtol=1e-5, atol=1e-7)


def test_width_scales_the_channels_in_eights():
    network = make(LARGE, width=0.25)
    convolutions = [layer for layer in network.features if isinstance(layer, nn.Conv2d)]
    assert [layer.out_channels for layer in convolutions[::3]] == [16, 32, 64, 128, 128]
    assert network.classifier[0].out_channels == 256
    assert make(LARGE, width=0.001).classifier[0].out_channels == 8

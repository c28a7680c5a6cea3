"""Features of several depths on one grid, standardised, and one linear layer."""

import numpy as np
import pytest
import torch
from torch import nn

from mcnn.config.network import Network
from mcnn.networks.build import ARCHITECTURES, build_network
from mcnn.networks.levels import Level, LevelNetwork, Standardise, resample
from mcnn.networks.scores import predict_probabilities

N_LABELS = 3


@pytest.fixture(params=["squeezenet1_1", "mobilenet_v2"])
def network(request):
    torch.manual_seed(0)
    return build_network(Network(architecture=request.param), N_LABELS).eval()


@pytest.mark.parametrize(
    "level",
    [Level(1, 16, 7.5), Level(1, 14, 6.5), Level(1, 32, 15.5), Level(1, 4, 1.5), Level(1, 16, 0.0)],
)
def test_features_keep_their_places_between_the_first_and_the_last(level):
    """A feature that is its own row or column is, on the other grid, that of the pixel there."""
    n_rows, n_columns = 6, 9
    rows, columns = (level.spacing * np.arange(n) + level.offset for n in (n_rows, n_columns))
    for axis, places in ((2, rows), (3, columns)):
        features = torch.tensor(np.stack(np.meshgrid(rows, columns, indexing="ij")))[[axis - 2]]
        size = (int(rows[-1]) // 8 + 1, int(columns[-1]) // 8 + 2)
        found = resample(features[None], level, size)
        assert found.shape == (1, 1, *size)
        pixels = 8 * np.arange(size[axis - 2])
        expected = np.interp(pixels, places, places)
        assert expected[-1] == min(pixels[-1], places[-1])
        np.testing.assert_allclose(found[0, 0].movedim(axis - 2, 0)[:, 0], expected, rtol=1e-6)


def test_features_that_lie_on_the_grid_stay_as_they_are():
    features = torch.randn(2, 3, 5, 4)
    assert resample(features, Level(3), (5, 4)) is features


def test_the_standardisation_can_be_folded_into_the_linear_layer():
    torch.manual_seed(0)
    standardise, linear = Standardise(4), nn.Conv2d(4, N_LABELS, 1)
    standardise.mean.normal_(3)
    standardise.std.uniform_(0.1, 5)
    features = torch.randn(2, 4, 3, 3)
    folded = linear.weight / standardise.std.view(-1, 1, 1)
    bias = linear.bias - folded[..., 0, 0] @ standardise.mean
    expected = nn.functional.conv2d(features, folded, bias)
    torch.testing.assert_close(linear(standardise(features)), expected)
    means = standardise.mean.view(1, -1, 1, 1)
    assert not standardise(means).any()


@pytest.mark.parametrize("architecture", ["timm:resnet18", *ARCHITECTURES])
def test_the_configuration_knows_which_networks_have_levels(architecture):
    settings = Network(architecture=architecture, width=0.05, weights="none")
    assert settings.has_levels == isinstance(build_network(settings, N_LABELS), LevelNetwork)


def test_statistics_are_in_the_state_dict_and_take_no_gradient(network):
    names = {name for name, _ in network.named_parameters()}
    for name in ("classifier.0.mean", "classifier.0.std"):
        assert name in network.state_dict()
        assert name not in names


def test_the_linear_layer_is_the_only_new_one_that_learns(network):
    new = [n for n, _ in network.named_parameters() if n.startswith("classifier.")]
    assert tuple(new) == network.classifier_names()
    weight = network.classifier[-1].weight
    assert weight.shape == (N_LABELS, sum(level.channels for level in network.places), 1, 1)


def test_levels_have_the_channels_that_they_say(network):
    with torch.no_grad():
        found = network.levels(torch.randn(1, 3, 65, 33))
    for features, level in zip(found, network.places, strict=True):
        sides = ((side - 1) // level.spacing + 1 for side in (65, 33))
        assert features.shape == (1, level.channels, *sides)
        assert level.offset == 0


def test_a_bright_square_moves_the_scores_symmetrically_about_its_own(network):
    """With symmetric filters; its middle is pixel 8 k in both directions."""
    network.double()
    with torch.no_grad():
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d):
                layer.weight += layer.weight.flip(2)
                layer.weight += layer.weight.flip(3)
        image = torch.zeros(1, 3, 97, 97, dtype=torch.float64)
        dark = network(image)
        image[..., 45:52, 45:52] = 1
        moved = (network(image) - dark)[0].abs().sum(0)
    assert moved.std() > 0
    torch.testing.assert_close(moved, moved.flip(0))
    torch.testing.assert_close(moved, moved.flip(1))


def test_a_score_does_not_depend_on_what_else_is_in_view():
    """A crop of an image has the image's probabilities, except near the edge that it cut.

    The receptive field of MobileNetV2's last level is 491 pixels wide; its features lie 32 apart.
    """
    torch.manual_seed(0)
    network = build_network(Network(architecture="mobilenet_v2"), N_LABELS)
    with torch.no_grad():
        network.classifier[-1].weight *= 5000
    images = np.random.default_rng(0).integers(0, 256, (1, 9, 577, 3), dtype=np.uint8)
    cut, reach = 96, 246 + 32
    whole, crop = (predict_probabilities(network, x) for x in (images, images[:, :, cut:]))
    whole = whole[..., cut:]
    assert np.abs(whole - crop)[..., :reach].max() > 0.01
    np.testing.assert_allclose(whole[..., reach + 8 :], crop[..., reach + 8 :], atol=1e-5)
    assert whole[..., reach:].std() > 0.01

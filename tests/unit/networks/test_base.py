import pytest
import torch

from mcnn.errors import ConfigError
from mcnn.networks.base import hidden_convolution, last_layer, pick_device, scaled


def test_hidden_convolutions_start_as_kaiming_says_for_relus():
    """Weights of deviation sqrt(2 / inputs), biases of 0."""
    torch.manual_seed(0)
    layer = hidden_convolution(32, 64, 5, stride=2, padding=4, dilation=2)
    assert layer.weight.std().item() == pytest.approx((2 / (32 * 25)) ** 0.5, rel=0.02)
    assert abs(layer.weight.mean().item()) < 1e-3
    assert not layer.bias.any()
    assert (layer.stride, layer.padding, layer.dilation) == ((2, 2), (4, 4), (2, 2))
    assert hidden_convolution(3, 4, 1, bias=False).bias is None
    plain = hidden_convolution(3, 4, 1)
    assert (plain.stride, plain.padding, plain.dilation) == ((1, 1), (0, 0), (1, 1))


def test_the_last_layer_starts_gaussian_with_deviation_0_01():
    torch.manual_seed(0)
    layer = last_layer(4096, 21)
    assert layer.weight.shape == (21, 4096, 1, 1)
    assert layer.weight.std().item() == pytest.approx(0.01, rel=0.02)
    assert abs(layer.weight.mean().item()) < 1e-4
    assert not layer.bias.any()


@pytest.mark.parametrize(
    ("channels", "width", "expected"),
    [(64, 1, 64), (64, 0.25, 16), (48, 0.25, 16), (44, 0.25, 8), (1024, 0.01, 8), (64, 0.001, 8)],
)
def test_channels_are_scaled_to_the_nearest_multiple_of_8(channels, width, expected):
    """Of halves to the even one; at least 8."""
    assert scaled(channels, width) == expected


@pytest.mark.parametrize(
    ("name", "cuda", "mps", "expected"),
    [
        ("auto", True, True, "cuda:0"),
        ("auto", True, False, "cuda:0"),
        ("auto", False, True, "mps"),
        ("auto", False, False, "cpu"),
        ("cpu", True, True, "cpu"),
        ("cuda", True, False, "cuda:0"),
        ("mps", True, True, "mps"),
        ("cuda:1", True, False, "cuda:1"),
    ],
)
def test_auto_is_the_fastest_device_there_is(monkeypatch, name, cuda, mps, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert pick_device(name) == torch.device(expected)


@pytest.mark.parametrize("name", ["cuda", "cuda:1", "mps", "gpu"])
def test_a_device_that_is_not_there_is_refused_with_those_that_are(monkeypatch, name):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(ConfigError, match=f"device: got '{name}', torch .* can use auto, cpu$"):
        pick_device(name)

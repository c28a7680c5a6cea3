import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mcnn.config.network import Network
from mcnn.networks.build import build_network
from mcnn.networks.scores import (
    normalise,
    predict_labels,
    predict_probabilities,
    upsample,
    window_positions,
)

N_LABELS = 4


@pytest.fixture(params=["shallow", "squeezenet1_1"])
def network(request):
    """Its scores differ enough that most pixels are not simply background."""
    torch.manual_seed(0)
    network = build_network(Network(architecture=request.param), N_LABELS)
    with torch.no_grad():
        network.classifier[-1].weight *= 100
    return network


def random_images(*shape):
    return np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)


def by_hand(network, inputs):
    """Softmax of scores interpolated one axis after the other."""
    network.eval()
    with torch.no_grad():
        scores = network(inputs).numpy()
    for axis, side in ((2, inputs.shape[2]), (3, inputs.shape[3])):
        grid = network.output_stride * np.arange(scores.shape[axis])
        assert grid[-1] == side - 1
        scores = np.apply_along_axis(
            lambda f, x=grid, n=side: np.interp(range(n), x, f), axis, scores
        )
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def test_normalise_by_hand():
    images = random_images(2, 3, 5)
    mean, std = (0.1, 0.2, 0.3), (0.5, 0.6, 0.7)
    expected = ((images / 255 - mean) / std).transpose(0, 3, 1, 2)
    result = normalise(images, mean, std)
    assert result.dtype == torch.float32
    np.testing.assert_allclose(result.numpy(), expected, atol=1e-6)


def test_normalise_takes_views():
    images = random_images(1, 4, 6)
    mirrored = images[:, :, ::-1]
    result = normalise(mirrored, (0, 0, 0), (1, 1, 1))
    torch.testing.assert_close(result.flip(3), normalise(images, (0, 0, 0), (1, 1, 1)))


def test_upsampling_keeps_scores_at_their_pixels_and_is_linear_between():
    scores = torch.randn(2, 3, 4, 6)
    full = upsample(scores, (25, 41))
    torch.testing.assert_close(full[:, :, ::8, ::8], scores)
    middle = (scores[:, :, 1:] + scores[:, :, :-1]) / 2
    torch.testing.assert_close(full[:, :, 4::8, ::8], middle)


def test_aligned_size_by_hand(network):
    images = random_images(2, 57, 97)
    expected = by_hand(network, normalise(images, network.mean, network.std))
    result = predict_probabilities(network, images)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, expected, atol=1e-5)


@pytest.mark.parametrize("size", [(50, 61), (49, 62), (1, 9), (64, 64)])
def test_other_sizes_are_padded_with_the_mean_colour(network, size):
    images = random_images(1, *size)
    stride = network.output_stride
    height, width = (stride * int(np.ceil((side - 1) / stride)) + 1 for side in size)
    inputs = torch.zeros(1, 3, height, width)
    inputs[:, :, : size[0], : size[1]] = normalise(images, network.mean, network.std)
    expected = by_hand(network, inputs)[:, :, : size[0], : size[1]]
    result = predict_probabilities(network, images)
    assert result.shape == (1, N_LABELS, *size)
    np.testing.assert_allclose(result, expected, atol=1e-5)


def test_probabilities_sum_to_1(network):
    result = predict_probabilities(network, random_images(2, 30, 45))
    np.testing.assert_allclose(result.sum(axis=1), 1, atol=1e-5)
    assert result.min() >= 0


def test_labels_are_the_most_probable(network):
    image = random_images(41, 50)
    labels = predict_labels(network, image)
    assert labels.dtype == np.uint8
    assert len(np.unique(labels)) > 1
    assert (labels == predict_probabilities(network, image[None])[0].argmax(axis=0)).all()


@pytest.mark.parametrize("training", [True, False])
def test_prediction_is_without_dropout_and_keeps_the_mode(network, training):
    network.train(training)
    images = random_images(1, 33, 33)
    first, second = (predict_probabilities(network, images) for _ in range(2))
    assert (first == second).all()
    assert network.training == training


@given(st.integers(1, 2000), st.integers(2, 500))
def test_windows_cover_a_length_and_overlap(length, window):
    positions = window_positions(length, window)
    assert positions[0] == 0
    assert positions[-1] == max(length - window, 0)
    steps = np.diff(positions)
    assert (steps > 0).all()
    assert (steps <= 2 * window / 3 + 1).all()


def test_larger_images_are_predicted_in_windows(network):
    image = random_images(1, 33, 60)
    whole = predict_probabilities(network, image)
    left, right = (predict_probabilities(network, image[:, :, k : k + 41]) for k in (0, 19))
    network.window = 41
    result = predict_probabilities(network, image)
    tent = np.minimum(np.arange(41) + 1, 41 - np.arange(41))
    weights = np.zeros((2, 60))
    weights[0, :41], weights[1, 19:] = tent, tent
    padded = np.zeros((2, *result.shape))
    padded[0, ..., :41], padded[1, ..., 19:] = left, right
    expected = (padded * weights[:, None, None, None]).sum(0) / weights.sum(0)
    np.testing.assert_allclose(result, expected, atol=1e-5)
    assert np.abs(result - whole).max() > 0.01
    assert (predict_labels(network, image[0]) == result[0].argmax(axis=0)).all()
    for smaller in (image[:, :, :41], image[:, :20, :30]):
        in_windows = predict_probabilities(network, smaller)
        network.window = None
        assert (in_windows == predict_probabilities(network, smaller)).all()
        network.window = 41


def test_what_lies_outside_a_window_has_no_say(network):
    network.window = 33
    image = random_images(1, 33, 55)
    other = image.copy()
    other[:, :, 33:] = 255
    first, second = (predict_probabilities(network, pixels) for pixels in (image, other))
    assert window_positions(55, 33) == [0, 22]
    assert (first[..., :22] == second[..., :22]).all()
    network.window = None
    first, second = (predict_probabilities(network, pixels) for pixels in (image, other))
    assert np.abs(first - second)[..., :22].max() > 0.01

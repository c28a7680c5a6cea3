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
    predict_labels(network, images[0])
    assert network.training == training


def test_a_network_that_fails_keeps_its_mode():
    network = build_network(Network(architecture="shallow"), N_LABELS).train()
    network.stem = None
    with pytest.raises(TypeError):
        predict_labels(network, random_images(9, 9))
    assert network.training


def test_prediction_keeps_no_gradients(network):
    seen = []
    network.classifier.register_forward_hook(lambda *args: seen.append(args[-1].requires_grad))
    predict_probabilities(network, random_images(1, 9, 9))
    predict_labels(network, random_images(9, 9))
    assert seen == [False, False]


@given(st.integers(1, 2000), st.integers(2, 500))
def test_as_few_windows_as_can_be_cover_a_length_evenly_and_overlap_by_a_third(length, window):
    positions = window_positions(length, window)
    assert positions[0] == 0
    assert positions[-1] == max(length - window, 0)
    steps = np.diff(positions)
    assert (steps > 0).all()
    if len(steps):
        assert steps.max() - steps.min() <= 1
        most = window * 2 // 3
        assert positions[-1] / len(steps) <= most
        assert len(steps) == 1 or positions[-1] / (len(steps) - 1) > most


def in_windows(network, images, side):
    """Means of the windows' probabilities, weighted by the distance from the windows' borders."""
    network.window = None
    height, width = images.shape[1:3]
    total, weights = 0, np.zeros((height, width))
    for top in window_positions(height, side):
        for left in window_positions(width, side):
            window = images[:, top : top + side, left : left + side]
            rows, columns = (
                np.minimum(np.arange(n) + 1, n - np.arange(n)) for n in window.shape[1:3]
            )
            weight = np.zeros((height, width))
            weight[top : top + side, left : left + side] = np.outer(rows, columns)
            placed = np.zeros((len(images), N_LABELS, height, width))
            placed[..., top : top + side, left : left + side] = predict_probabilities(
                network, window
            )
            total, weights = total + weight * placed, weights + weight
    network.window = side
    return total / weights


@pytest.mark.parametrize("size", [(33, 60), (60, 33), (70, 99)])
def test_larger_images_are_predicted_in_windows(network, size):
    images = random_images(2, *size)
    whole = predict_probabilities(network, images)
    expected = in_windows(network, images, 41)
    result = predict_probabilities(network, images)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, expected, atol=1e-5)
    assert np.abs(result - whole).max() > 0.01
    assert (predict_labels(network, images[1]) == result[1].argmax(axis=0)).all()


@pytest.mark.parametrize("size", [(33, 41), (41, 41), (20, 30)])
def test_images_not_larger_than_the_window_are_predicted_whole(network, size):
    images = random_images(1, *size)
    whole = predict_probabilities(network, images)
    network.window = 41
    assert (predict_probabilities(network, images) == whole).all()


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

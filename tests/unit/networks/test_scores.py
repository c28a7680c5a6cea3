import numpy as np
import pytest
import torch

from mcnn.config.network import Network
from mcnn.networks.build import build_network
from mcnn.networks.scores import normalise, predict_labels, predict_probabilities, upsample

N_LABELS = 4


@pytest.fixture(params=["shallow", "squeezenet1_1", "mobilenet_v2"])
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
    """Softmax of scores interpolated one axis after the other.

    Channels are last in memory, as in predictions on a CPU: convolutions then round alike.
    """
    network.eval()
    with torch.no_grad():
        scores = network(inputs.contiguous(memory_format=torch.channels_last)).numpy()
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
    # Scores are a hundred times as large as those of a network, and so is their rounding.
    np.testing.assert_allclose(result, expected, atol=1e-4)


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
    # Scores are a hundred times as large as those of a network, and so is their rounding.
    np.testing.assert_allclose(result, expected, atol=1e-4)


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

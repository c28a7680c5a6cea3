import numpy as np
import pytest
import torch
from colour_network import save_colour_network
from random_networks import make

from mcnn.errors import DataError
from mcnn.evaluation.dense_crf import dense_crf
from mcnn.networks.scores import predict_probabilities
from mcnn.prediction.model import SegmentationModel, _enlarged_labels, load

CLASSES = ("red", "green", "blue")


def coloured(size=(41, 61)):
    """Black, with a red and a green part; below a dark one in which both are likely."""
    image = np.zeros((*size, 3), np.uint8)
    image[8:28, 8:28, 0] = 255
    image[8:28, 36:56, 1] = 255
    image[32:, :] = (200, 210, 0)
    return image


@pytest.fixture
def model(tmp_path):
    save_colour_network(tmp_path / "model.safetensors", CLASSES)
    return load(tmp_path / "model.safetensors", "cpu")


def test_labels_are_the_most_probable_ones_under_the_models_names(model):
    image = coloured()
    assert model.names() == ["background", *CLASSES]
    labels = model.predict(image)
    assert labels.dtype == np.uint8
    assert labels.shape == image.shape[:2]
    np.testing.assert_array_equal(labels[12:24, 12:24], 1)
    np.testing.assert_array_equal(labels[12:24, 40:52], 2)
    np.testing.assert_array_equal(labels[:4], 0)
    expected = predict_probabilities(model.network, image[None])
    np.testing.assert_array_equal(model.predict_probabilities(image[None]), expected)


def test_only_given_tags_occur(model):
    images = np.stack([coloured(), coloured()[:, ::-1]])
    found = model.predict_probabilities(images, ["red", "blue"])
    free = model.predict_probabilities(images)
    np.testing.assert_array_equal(found[:, 2], 0)
    np.testing.assert_allclose(found.sum(1), 1, rtol=1e-5)
    np.testing.assert_allclose(found[:, 1] * free[:, 3], found[:, 3] * free[:, 1], rtol=1e-4)
    labels = model.predict(coloured(), ["red", "blue"])
    assert set(labels[34:].ravel()) == {1}
    with pytest.raises(ValueError, match="'cow' is none of red, green, blue"):
        model.predict(coloured(), ["cow"])


def test_larger_images_are_looked_at_reduced_and_labelled_in_their_size(model, monkeypatch):
    seen = []

    def watch(network, images):
        seen.append(images.shape)
        return predict_probabilities(network, images)

    monkeypatch.setattr("mcnn.prediction.model.predict_probabilities", watch)
    large = np.repeat(np.repeat(coloured(), 4, 0), 4, 1)
    labels = model.predict(large, longer_side=61)
    assert seen == [(1, 41, 61, 3)]
    assert labels.shape == large.shape[:2]
    np.testing.assert_array_equal(labels[48:96, 48:96], 1)
    model.predict_probabilities(large[None], longer_side=None)
    assert seen[1][1:3] == large.shape[:2]


@pytest.mark.parametrize("tags", [(), ("red", "blue")])
@pytest.mark.parametrize("side", [None, 61, 30])
def test_labels_are_those_of_the_highest_probabilities(tmp_path, side, tags):
    """Whatever is left out on the way; the scores are large, so that few labels are likely."""
    network = make("shallow", 0.25, n_labels=4)
    with torch.no_grad():
        network.classifier[-1].weight *= 100
    image = np.repeat(np.repeat(np.random.default_rng(0).integers(0, 256, (6, 9, 3)), 8, 0), 9, 1)
    images = np.stack([image, 255 - image]).astype(np.uint8)
    model = SegmentationModel(network.eval(), CLASSES)
    probabilities = model.predict_probabilities(images, tags, longer_side=side)
    labels = model.predict_label_maps(images, tags, longer_side=side)
    assert (labels.dtype, labels.shape) == (np.uint8, images.shape[:3])
    assert len(np.unique(labels)) >= 3 - bool(tags)
    # Of pixels where two are equally likely but for rounding, either label will do.
    chosen = np.take_along_axis(probabilities, labels[:, None].astype(int), 1)[:, 0]
    np.testing.assert_allclose(chosen, probabilities.max(1), atol=1e-6)
    np.testing.assert_array_equal(model.predict(images[1], tags, longer_side=side), labels[1])


def test_a_label_that_is_hardly_likelier_than_the_others_is_found():
    """Nothing is likely: each of five labels has a fifth, one in each quarter a little more."""
    probabilities = np.full((5, 4, 4), 0.2, np.float32)
    for k, quarter in enumerate([np.s_[:2, :2], np.s_[:2, 2:], np.s_[2:, :2], np.s_[2:, 2:]], 1):
        probabilities[(k, *quarter)] += 0.004
        probabilities[(0, *quarter)] -= 0.004
    labels = _enlarged_labels(probabilities, (40, 60))
    assert labels[::39, ::59].tolist() == [[1, 2], [3, 4]]
    assert np.bincount(labels.ravel()).tolist() == [0, 600, 600, 600, 600]


def test_the_crf_refines_the_probabilities(model):
    image = np.random.default_rng(0).integers(0, 255, (21, 25, 3), dtype=np.uint8)
    free = model.predict_probabilities(image[None])
    expected = dense_crf(free[0], image)
    np.testing.assert_array_equal(model.predict_probabilities(image[None], crf=True)[0], expected)
    np.testing.assert_array_equal(model.predict(image, crf=True), expected.argmax(0))


def test_what_is_no_model_is_named(tmp_path):
    with pytest.raises(DataError, match=r"none\.safetensors"):
        load(tmp_path / "none.safetensors")

"""From the bytes of an image to labels that are known by hand: no channel is taken for another."""

import numpy as np
import pytest
from colour_network import colour_network, save_colour_network
from trees import encode

from mcnn.imaging.decode import decode_image
from mcnn.networks.scores import predict_labels, predict_probabilities
from mcnn.networks.weights import load_network

AREAS = {1: np.s_[4:20, 6:26], 2: np.s_[24:44, 30:58], 3: np.s_[8:36, 62:70]}
"""Rows and columns of the red, the green and the blue object."""


def picture(size=(49, 71)):
    pixels = np.zeros((*size, 3), np.uint8)
    for label, area in AREAS.items():
        pixels[area][..., label - 1] = 255
    return pixels


def is_right(labels):
    """Whether labels are those of the objects, up to 3 pixels around each of them."""
    inside, near = np.zeros(labels.shape, int), np.zeros(labels.shape, bool)
    for label, (rows, columns) in AREAS.items():
        inside[rows, columns] = label
        near[rows.start - 3 : rows.stop + 3, columns.start - 3 : columns.stop + 3] = True
        near[rows.start + 3 : rows.stop - 3, columns.start + 3 : columns.stop - 3] = False
    assert set(np.unique(inside[~near])) == {0, 1, 2, 3}
    return ((labels == inside) | near).all()


@pytest.mark.parametrize("size", [(49, 71), (48, 73), (60, 90)])
def test_red_green_and_blue_have_their_labels(size):
    pixels = picture(size)
    network = colour_network()
    labels = predict_labels(network, decode_image(encode(pixels, "PNG")))
    assert is_right(labels)
    probabilities = predict_probabilities(network, np.stack([pixels, 0 * pixels]))
    assert is_right(probabilities[0].argmax(0))
    assert (probabilities[1].argmax(0) == 0).all()


def test_a_saved_network_has_the_labels_of_its_classes(tmp_path):
    save_colour_network(tmp_path / "m.safetensors", ("cat", "boat", "car"))
    network, classes = load_network(tmp_path / "m.safetensors")
    assert classes == ("cat", "boat", "car")
    assert is_right(predict_labels(network, picture()))

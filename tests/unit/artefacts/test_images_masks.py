"""What the pixels of ground truth mean."""

import numpy as np
import pytest
from trees import write_image, write_palette_mask

from mcnn.artefacts.images import Image, read_image, read_mask
from mcnn.errors import DataError
from mcnn.label_space import VOC_CLASSES

CLASSES = ("train", "zebra", "aeroplane", "cow")


def test_pixels_of_an_image_are_red_green_blue(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3)).astype(np.uint8)
    path = write_image(tmp_path / "a.png", pixels)
    np.testing.assert_array_equal(read_image(Image("a", str(path), None, ())), pixels)


def test_indices_of_voc_become_labels_of_the_run_and_other_classes_background(tmp_path):
    path = write_image(tmp_path / "a.jpg", np.zeros((3, 22, 3), np.uint8))
    indices = np.array([[*range(21), 255]] * 3, np.uint8)
    mask = write_palette_mask(tmp_path / "m.png", indices)
    labels = read_mask(Image("a", str(path), str(mask), ("cow",)), CLASSES)
    expected = np.zeros(22, np.uint8)
    expected[1 + VOC_CLASSES.index("train")] = 1
    expected[1] = 3  # aeroplane
    expected[1 + VOC_CLASSES.index("cow")] = 4
    expected[21] = 255
    assert labels.dtype == np.uint8
    np.testing.assert_array_equal(labels, [expected] * 3)


@pytest.mark.parametrize("threshold", [1, 100, 101, 255])
def test_a_binary_mask_is_foreground_from_its_threshold_on(tmp_path, threshold):
    path = write_image(tmp_path / "a.jpg", np.zeros((2, 5, 3), np.uint8))
    grey = np.array([[0, 1, 100, 101, 255]] * 2, np.uint8)
    mask = write_image(tmp_path / "m.png", grey)
    image = Image("a", str(path), str(mask), ("cow", "train"), "binary", threshold)
    np.testing.assert_array_equal(read_mask(image, CLASSES), np.where(grey >= threshold, 4, 0))


def test_a_binary_mask_of_another_size_is_interpolated_first(tmp_path):
    """At three times the width, 0 and 240 become 0, 0, 80, 160, 240, 240."""
    path = write_image(tmp_path / "a.jpg", np.zeros((4, 6, 3), np.uint8))
    mask = write_image(tmp_path / "m.png", np.array([[0, 240]] * 4, np.uint8))
    for threshold, columns in ((70, 4), (150, 3), (170, 2)):
        image = Image("a", str(path), str(mask), ("train",), "binary", threshold)
        expected = np.arange(6) >= 6 - columns
        np.testing.assert_array_equal(read_mask(image, CLASSES), [expected] * 4)


def test_an_image_without_a_mask_has_no_ground_truth(tmp_path):
    with pytest.raises(DataError, match=r"a\.jpg: the image has no mask"):
        read_mask(Image("a", str(tmp_path / "a.jpg"), None, ()), CLASSES)

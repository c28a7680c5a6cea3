import numpy as np
import pytest

from mcnn.training.batches import random_crop

FILL = np.array([1, 2, 3], np.uint8)


def test_padding_is_the_mean_colour_and_not_valid():
    image, mask = np.full((5, 7, 3), 99, np.uint8), np.ones((5, 7), bool)
    pixels, foreground, valid = random_crop(image, mask, 9, FILL, np.random.default_rng(0), True)
    assert valid.sum() == foreground.sum() == 35
    assert (pixels[~valid] == FILL).all()
    assert (pixels[valid] == 99).all()


def test_crops_reach_every_place_and_are_mirrored_half_the_time():
    image = np.arange(6 * 8, dtype=np.uint8).reshape(6, 8, 1).repeat(3, axis=2)
    mask = image[..., 0] % 2 == 0
    rng = np.random.default_rng(0)
    crops = [random_crop(image, mask, 4, FILL, rng, True)[:2] for _ in range(600)]
    for pixels, foreground in crops:
        np.testing.assert_array_equal(foreground, pixels[..., 0] % 2 == 0)
    mirrored = [pixels[0, 1, 0] < pixels[0, 0, 0] for pixels, _ in crops]
    assert 0.4 < np.mean(mirrored) < 0.6
    corners = {min(pixels[0, 0, 0], pixels[0, -1, 0]) for pixels, _ in crops}
    assert corners == {8 * y + x for y in range(3) for x in range(5)}


@pytest.mark.parametrize("mirror", [True, False])
def test_mirroring_can_be_switched_off(mirror):
    image = np.arange(3, dtype=np.uint8).reshape(1, 3, 1).repeat(3, axis=2)
    rng = np.random.default_rng(0)
    crops = {
        tuple(random_crop(image, image[..., 0] > 0, 3, FILL, rng, mirror)[0][0, :, 0])
        for _ in range(30)
    }
    assert crops == ({(0, 1, 2), (2, 1, 0)} if mirror else {(0, 1, 2)})

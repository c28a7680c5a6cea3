import numpy as np
import pytest
from PIL import Image as Pillow

from mcnn.artefacts.images import Image
from mcnn.config.training import Optimizer
from mcnn.errors import DataError
from mcnn.training.batches import MiniBatches, random_crop

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


DOG = 12  # VOC's index.


def annotated_images(folder, masks):
    """Images whose red channel is 100 on the dog and 200 on void."""
    images = []
    for i, mask in enumerate(masks):
        pixels = np.zeros((*mask.shape, 3), np.uint8)
        pixels[mask == DOG, 0], pixels[mask == 255, 0] = 100, 200
        Pillow.fromarray(pixels).save(folder / f"{i}.png")
        Pillow.fromarray(mask).save(folder / f"{i}_mask.png")
        paths = str(folder / f"{i}.png"), str(folder / f"{i}_mask.png")
        images.append(Image(str(i), *paths, ("dog",)))
    return images


def image_batches(images, **options):
    settings = Optimizer(crop_size=25, images_per_batch=2)
    return MiniBatches(None, [], images, ("cat", "dog"), settings, (0.2, 0.4, 0.6), 0, **options)


def test_annotated_labels_are_cropped_with_their_images(tmp_path):
    mask = np.zeros((40, 20), np.uint8)
    mask[5:30, 3:9], mask[30:, 12:] = DOG, 255
    images = annotated_images(tmp_path, [mask, mask[::-1].copy()])
    batches = image_batches(images, annotated=True)
    for iteration in range(6):
        batch = batches(iteration)
        assert batch.truth.shape == batch.valid.shape == (2, 25, 25)
        assert (batch.truth[~batch.valid] == 255).all()
        red = batch.images[..., 0]
        np.testing.assert_array_equal((batch.truth == 2)[batch.valid], (red == 100)[batch.valid])
        np.testing.assert_array_equal((batch.truth == 255)[batch.valid], (red == 200)[batch.valid])
        assert not batch.masks.any()


def test_annotations_are_read_under_full_supervision_alone(tmp_path):
    [image] = annotated_images(tmp_path, [np.full((30, 30), DOG, np.uint8)])
    (tmp_path / "0_mask.png").unlink()
    assert image_batches([image])(0).truth is None
    with pytest.raises(DataError, match=r"0_mask\.png"):
        image_batches([image], annotated=True)(0)

from dataclasses import replace

import numpy as np
import pytest
from tiny_training import (
    CLASSES,
    FILL,
    MEAN,
    SHOTS,
    make_image,
    make_images,
    mask_of,
    shot,
    write_shots,
)
from trees import encode

from mcnn.artefacts.samples import SampleFile, writing_samples
from mcnn.config.training import Optimizer
from mcnn.errors import DataError
from mcnn.imaging.masks import encode_mask
from mcnn.training.batches import AUGMENTATION, LABELS, ORDER, MiniBatches
from mcnn.training.crops import random_crop

SIDE = 17
LABELS_OF_TAGS = {"car": 1, "boat": 2, "cat": 3}


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    return write_shots(tmp_path_factory.mktemp("samples") / "samples.parquet")


def mini_batches(samples, chosen, images, seed=0, annotated=False, **settings):
    optimizer = Optimizer(crop_size=SIDE, images_per_batch=2, **settings)
    return MiniBatches(samples, chosen, images, CLASSES, optimizer, MEAN, seed, annotated)


def of_shots(samples, chosen=(0, 1, 2), **options):
    return mini_batches(samples, chosen, [], **options)


def place(image, valid):
    """Code, first row, first column and mirroring of the crop of a `picture`, which is checked."""
    height, width = valid.any(1).sum(), valid.any(0).sum()
    assert valid[:height, :width].all()
    assert (image[~valid] == FILL).all()
    part = image[:height, :width].astype(int)
    mirrored = part[0, 0, 2] > part[0, -1, 2]
    upright = part[:, ::-1] if mirrored else part
    code, top, left = upright[0, 0] // (1, 5, 5)
    y, x = np.mgrid[top : top + height, left : left + width]
    np.testing.assert_array_equal(upright, np.stack([np.full_like(y, code), 5 * y, 5 * x], 2))
    return int(code), int(top), int(left), bool(mirrored)


def test_a_mini_batch_is_all_frames_of_one_shot_with_their_masks_and_tags(samples):
    batches = of_shots(samples)
    seen = []
    for number in range(9):
        batch = batches(number)
        codes = [place(*pair)[0] for pair in zip(batch.images, batch.valid, strict=True)]
        [sample] = [s for s in SHOTS if s.images[0, 0, 0, 0] == codes[0]]
        assert codes == list(sample.images[:, 0, 0, 0])
        tags = tuple(sorted(LABELS_OF_TAGS[tag] for tag in sample.tags))
        assert batch.groups == ((slice(0, len(codes)), tags),)
        assert (batch.is_shot, batch.truth) == (True, None)
        np.testing.assert_array_equal(batch.masks, batch.valid & mask_of(batch.images))
        shape = np.minimum(sample.masks.shape[1:], SIDE)
        assert (batch.valid.sum((1, 2)) == shape.prod()).all()
        seen.append(codes[0])
    assert [sorted(seen[k : k + 3]) for k in (0, 3, 6)] == [[10, 20, 30]] * 3


def test_crops_reach_every_place_and_are_mirrored_half_the_time_each_by_itself(tmp_path):
    samples = write_shots(tmp_path / "s.parquet", [shot("v", 0, ("car",), 1, (19, 20), 4)])
    batches = of_shots(samples, [0])
    found = np.array(
        [
            [place(*pair)[1:] for pair in zip(b.images, b.valid, strict=True)]
            for b in (batches(number) for number in range(150))
        ]
    )
    _, counts = np.unique(found.reshape(-1, 3), axis=0, return_counts=True)
    assert len(counts) == 3 * 4 * 2
    assert counts.min() > 600 / 24 / 3
    # Frames agree by chance alone.
    same = (found[:, 1:] == found[:, :-1]).mean((0, 1))
    np.testing.assert_allclose(same, [1 / 3, 1 / 4, 1 / 2], atol=0.1)


def test_mirroring_can_be_switched_off(samples):
    batches = of_shots(samples, mirror=False)
    pairs = ((b.images, b.valid) for b in (batches(number) for number in range(12)))
    assert not any(place(*pair)[3] for batch in pairs for pair in zip(*batch, strict=True))


def codes_of(batches, numbers):
    return [tuple(batches(number).images[:, 0, 0, 0] // 10) for number in numbers]


def test_the_order_is_another_in_each_epoch_and_for_each_seed(tmp_path):
    shots = [shot("v", k, ("car",), 10 * k, (17, 17), 1) for k in range(1, 7)]
    samples = write_shots(tmp_path / "s.parquet", shots)
    orders = [
        tuple(codes_of(of_shots(samples, range(6), seed=seed), range(6 * k, 6 * k + 6)))
        for seed in (0, 1)
        for k in range(3)
    ]
    assert len(set(orders)) == 6
    assert {tuple(sorted(order)) for order in orders} == {tuple((k,) for k in range(1, 7))}


@pytest.mark.parametrize("chosen", [[1], [2, 0]])
def test_shots_that_are_not_chosen_are_never_seen(samples, chosen):
    seen = codes_of(of_shots(samples, chosen), range(6))
    assert {codes[0] for codes in seen} == {SHOTS[k].images[0, 0, 0, 0] // 10 for k in chosen}


@pytest.mark.parametrize("count", [3, 4, 5])
def test_an_epoch_has_each_shot_and_each_image_once_in_mini_batches_of_their_own(
    tmp_path, samples, count
):
    images = [make_image(tmp_path, f"i{k}", ("boat",), 100 + 10 * k) for k in range(count)]
    batches = mini_batches(samples, [0, 1, 2], images)
    n_batches = 3 + (count + 1) // 2
    mixtures = set()
    for epoch in range(4):
        numbers = range(epoch * n_batches, (epoch + 1) * n_batches)
        codes = codes_of(batches, numbers)
        of_images = [c for c in codes if c[0] >= 10]
        assert sorted(sum(of_images, ())) == list(range(10, 10 + count))
        assert sorted(map(len, of_images)) == [1] * (count % 2) + [2] * (count // 2)
        assert sorted(c[0] for c in codes if c[0] < 10) == [1, 2, 3]
        mixtures.add(frozenset(map(frozenset, of_images)))
    assert len(mixtures) > 1


def test_tagged_images_are_labelled_one_by_one_and_have_no_masks(tmp_path):
    images = make_images(tmp_path)
    batches = mini_batches(None, [], [images[0], replace(images[1], tags=("cat", "car"))])
    batch = batches(0)
    tags = {10: (2,), 11: (1, 3)}
    codes = [place(*pair)[0] // 10 for pair in zip(batch.images, batch.valid, strict=True)]
    assert batch.groups == tuple((slice(k, k + 1), tags[code]) for k, code in enumerate(codes))
    assert (batch.is_shot, batch.truth) == (False, None)
    assert batch.masks.shape == batch.valid.shape == (2, SIDE, SIDE)
    assert not batch.masks.any()


def test_annotated_labels_are_cropped_with_their_images(tmp_path):
    images = [make_image(tmp_path, f"i{k}", ("boat",), k, (25, 14)) for k in range(3)]
    batches = mini_batches(None, [], images, annotated=True)
    for number in range(6):
        batch = batches(number)
        places = [place(*pair) for pair in zip(batch.images, batch.valid, strict=True)]
        expected = np.where(mask_of(batch.images), 2, 0)
        for frame, (_, top, _, _) in zip(expected, places, strict=True):
            if top <= 5:
                frame[5 - top] = 255
        expected[~batch.valid] = 255
        np.testing.assert_array_equal(batch.truth, expected)
        assert not batch.masks.any()


def test_annotations_are_read_under_full_supervision_alone(tmp_path):
    images = make_images(tmp_path)
    for image in images:
        (tmp_path / f"{image.name}_mask.png").unlink()
    assert mini_batches(None, [], images)(0).truth is None
    with pytest.raises(DataError, match=r"_mask\.png"):
        mini_batches(None, [], images, annotated=True)(0)


def test_chosen_shots_and_images_count_for_each_of_their_tags(tmp_path, samples):
    images = make_images(tmp_path)
    assert mini_batches(samples, [0, 1, 2], images).n_samples() == [2, 4, 1]
    assert mini_batches(samples, [1, 0], []).n_samples() == [1, 2, 0]
    assert mini_batches(None, [], images[1:]).n_samples() == [0, 1, 1]


def test_a_mini_batch_is_a_function_of_seed_and_number_by_streams_of_their_own(tmp_path, samples):
    """The streams by hand: [seed, stream, epoch or number]."""
    assert (ORDER, AUGMENTATION, LABELS) == (0, 1, 2)
    images = make_images(tmp_path)
    chosen = (2, 0)
    batches = mini_batches(samples, chosen, images, seed=6)
    for number in (7, 2, 9, 2):
        epoch, position = divmod(number, 4)
        order = np.random.default_rng([6, 0, epoch])
        unit = order.permutation(4)[position]
        picked = order.permutation(3)[unit - 2 :: 2]
        if unit < 2:
            sample = SHOTS[chosen[unit]]
            codes, (height, width) = sample.images[:, 0, 0, 0], sample.masks.shape[1:]
        else:
            codes, height, width = 100 + 10 * picked, 18, 26
        rng = np.random.default_rng([6, 1, number])
        expected = [
            (
                code,
                rng.integers(max(height - SIDE, 0) + 1),
                rng.integers(max(width - SIDE, 0) + 1),
                rng.random() < 0.5,
            )
            for code in codes
        ]
        batch = batches(number)
        found = [place(*pair) for pair in zip(batch.images, batch.valid, strict=True)]
        assert found == expected
        draw = batches.rng(LABELS, number).random()
        assert draw == np.random.default_rng([6, 2, number]).random()


def test_what_is_cropped_is_left_as_it_was():
    image, mask = SHOTS[2].images[0].copy(), SHOTS[2].masks[0].copy()
    crop = random_crop(image, mask, SIDE, np.array(FILL), np.random.default_rng(0), True)
    for part in crop[:3]:
        part[:] = 0
    np.testing.assert_array_equal(image, SHOTS[2].images[0])
    np.testing.assert_array_equal(mask, SHOTS[2].masks[0])


def test_nothing_is_learnt_where_masks_are_unknown(tmp_path):
    shots = []
    for each in SHOTS:
        maps = each.masks.astype(np.uint8)
        maps[each.images[..., 1] // 5 % 3 == 1] = 255
        shots.append(replace(each, maps=maps))
    samples = write_shots(tmp_path / "s.parquet", shots)
    for settings in ({}, {"video_batches": "frames"}):
        batches = of_shots(samples, **settings)
        for number in range(6):
            batch = batches(number)
            inside = (batch.images != FILL).any(-1)
            unknown = batch.images[..., 1] // 5 % 3 == 1
            np.testing.assert_array_equal(batch.valid, inside & ~unknown)
            np.testing.assert_array_equal(batch.masks, batch.valid & mask_of(batch.images))


def write_confident(path, confidences):
    """The shots with these confidences; those of `SHOTS` have 3, 2 and 2 frames."""
    with writing_samples(path) as writer:
        for each, known in zip(SHOTS, confidences, strict=True):
            images = [encode(image, "PNG") for image in each.images]
            masks = [encode_mask(mask) for mask in each.masks]
            frames = range(len(images))
            writer.write(each.video, each.shot, each.tags, frames, images, masks, known)
    return SampleFile(path)


def test_frames_weigh_their_confidence_over_the_mean_of_all_that_are_trained_on(tmp_path):
    known = [[0.1, 0.2, 0.3], [0.6, None], [0.9, 0.9]]
    samples = write_confident(tmp_path / "s.parquet", known)
    # The third shot is not trained on: the mean is 0.3.
    expected = {10: 1 / 3, 11: 2 / 3, 12: 1, 20: 2, 21: 1}
    for video_batches in ("shots", "frames"):
        batches = of_shots(
            samples, (0, 1), sample_weights="confidence", video_batches=video_batches
        )
        seen = {}
        for number in range(6):
            batch = batches(number)
            assert batch.weights.dtype == np.float32
            pairs = zip(batch.images, batch.valid, strict=True)
            codes = [place(*pair)[0] for pair in pairs]
            seen |= dict(zip(codes, batch.weights.tolist(), strict=True))
        assert seen == pytest.approx(expected)


def test_frames_are_alike_unless_said_otherwise(tmp_path):
    samples = write_confident(tmp_path / "s.parquet", [[0.1, 0.2, 0.3], [0.6, None], [0.9, 0.9]])
    assert of_shots(samples)(0).weights is None
    unknown = of_shots(write_shots(tmp_path / "u.parquet"), sample_weights="confidence")
    for number in range(3):
        assert set(unknown(number).weights.tolist()) == {1.0}

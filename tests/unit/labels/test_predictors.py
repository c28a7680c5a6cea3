import numpy as np
import pytest

from mcnn.config.labels import SHOT_SUPERVISIONS, Labels
from mcnn.errors import ConfigError
from mcnn.label_space import IGNORE
from mcnn.labels.arrays import PredictorInput
from mcnn.labels.predictors import PREDICTORS, build_predictor
from mcnn.training.supervision import IMAGE_LOSSES


def shot(n_frames=4, size=48, seed=0):
    """A red square on green noise; its motion mask misses a quarter and sticks out at one side."""
    rng = np.random.default_rng(seed)
    images = np.full((n_frames, size, size, 3), (60, 150, 70))
    images += rng.integers(-20, 21, images.shape)
    truth = np.zeros((n_frames, size, size), bool)
    masks = truth.copy()
    for t in range(n_frames):
        truth[t, 10:34, 8 + t : 32 + t] = True
        masks[t, 10:28, 8 + t : 38 + t] = True
    images[truth] = np.array([200, 60, 50]) + rng.integers(-20, 21, (truth.sum(), 3))
    return images.astype(np.uint8), masks, truth


def undecided(images, n_labels=4):
    return np.full((len(images), n_labels, *images.shape[1:3]), 1 / n_labels, np.float32)


def predict(predictor, images, masks, probabilities=None, tags=(2,), valid=None, seed=0):
    probabilities = undecided(images) if probabilities is None else probabilities
    valid = np.ones_like(masks) if valid is None else valid
    rng = np.random.default_rng(seed)
    return predictor(PredictorInput(images, masks, valid, probabilities, tags, rng))


def predictor_for(settings, alpha, threads=1):
    return build_predictor(settings.predictor, settings, alpha, threads)


def iou(a, b):
    return (a & b).sum() / (a | b).sum()


def test_soft_labels_mend_the_motion_masks():
    images, masks, truth = shot()
    labels = predict(predictor_for(Labels(lambda_=10), alpha=1), images, masks)
    assert iou(masks, truth) < 0.65
    assert iou(labels == 2, truth) > 0.95


def test_hard_labels_are_the_motion_masks():
    images, masks, _ = shot()
    labels = predict(predictor_for(Labels(predictor="hard"), alpha=1), images, masks)
    np.testing.assert_array_equal(labels, np.where(masks, 2, 0))


def test_hard_labels_ignore_the_foreground_of_several_tags():
    images, masks, _ = shot()
    predictor = predictor_for(Labels(predictor="hard"), alpha=1)
    labels = predict(predictor, images, masks, tags=(1, 3))
    np.testing.assert_array_equal(labels, np.where(masks, IGNORE, 0))


@pytest.mark.parametrize("tags", [(2,), (1, 3)])
@pytest.mark.parametrize("predictor", ["soft", "network_only"])
def test_labels_outside_the_tags_are_never_chosen(predictor, tags):
    images, masks, _ = shot()
    probabilities = undecided(images)
    forbidden = next(label for label in (1, 2, 3) if label not in tags)
    probabilities[:, forbidden] = 0.97
    settings = Labels(predictor=predictor, lambda_=1)
    labels = predict(predictor_for(settings, 5), images, masks, probabilities, tags)
    assert set(np.unique(labels)) <= {0, *tags}


def test_alpha_weighs_the_network():
    images, masks, truth = shot()
    probabilities = undecided(images)
    probabilities[:, 0], probabilities[:, 2] = 0.9, 0.05
    foreground = [
        (predict(predictor_for(Labels(lambda_=1), alpha), images, masks, probabilities) == 2).sum()
        for alpha in (0, 0.3, 100)
    ]
    assert foreground[0] >= foreground[1] > foreground[2] == 0
    assert foreground[0] > 0.9 * truth.sum()


def test_two_tags_are_told_apart_by_the_network():
    images, masks, truth = shot()
    probabilities = undecided(images)
    probabilities[:, 1, :, 20:] = probabilities[:, 3, :, :20] = 0.01
    labels = predict(predictor_for(Labels(lambda_=1), 2), images, masks, probabilities, (1, 3))
    assert iou(labels[..., :19] == 1, truth[..., :19]) > 0.9
    assert iou(labels[..., 21:] == 3, truth[..., 21:]) > 0.9


def test_padding_is_ignored_and_has_no_influence():
    images, masks, _ = shot()
    predictor = predictor_for(Labels(lambda_=10), 1)
    expected = predict(predictor, images, masks)
    padded = [np.pad(x, [(0, 0), (0, 9), (0, 5), (0, 0)][: x.ndim]) for x in (images, masks)]
    padded[0][:, 48:] = padded[0][:, :, 48:] = 200
    valid = np.zeros_like(padded[1])
    valid[:, :48, :48] = True
    labels = predict(predictor, padded[0], padded[1], undecided(padded[0]), valid=valid)
    assert (labels[~valid] == IGNORE).all()
    assert (labels[valid].reshape(expected.shape) != expected).mean() < 0.01


def test_images_are_labelled_by_the_network_alone():
    images, masks, truth = shot(n_frames=1)
    probabilities = undecided(images)
    probabilities[0, 2] = np.where(truth[0], 0.7, 0.1)
    probabilities[0, 0] = np.where(truth[0], 0.1, 0.7)
    labels = predict(build_predictor("network_only", Labels(), 2), images, ~masks, probabilities)
    assert iou(labels == 2, truth) > 0.95


@pytest.mark.parametrize("predictor", ["soft", "hard", "network_only"])
@pytest.mark.parametrize("value", [False, True])
@pytest.mark.parametrize("tags", [(1,), (1, 2)])
@pytest.mark.parametrize("n_valid", [0, 2])
@pytest.mark.parametrize("constant", [True, False])
def test_degenerate_shots_have_labels(predictor, value, tags, n_valid, constant):
    images = np.full((3, 12, 12, 3), 128, np.uint8)
    if not constant:
        images = np.random.default_rng(0).integers(0, 256, images.shape, np.uint8)
    masks = np.full((3, 12, 12), value)
    valid = np.ones_like(masks)
    valid[n_valid:] = False
    labels = predict(
        predictor_for(Labels(predictor=predictor), 1), images, masks, tags=tags, valid=valid
    )
    assert (labels[n_valid:] == IGNORE).all()
    assert set(np.unique(labels[:n_valid])) <= {0, *tags, IGNORE}


@pytest.mark.parametrize("value", [False, True])
def test_with_one_side_only_the_network_decides(value):
    images, masks, truth = shot()
    probabilities = undecided(images)
    probabilities[:, 2] = np.where(truth, 0.7, 0.1)
    probabilities[:, 0] = np.where(truth, 0.1, 0.7)
    predictor = predictor_for(Labels(lambda_=1), 2)
    labels = predict(predictor, images, np.full_like(masks, value), probabilities)
    assert iou(labels == 2, truth) > 0.95


def test_a_tag_that_the_network_never_sees_is_not_given():
    images, masks, truth = shot()
    probabilities = undecided(images)
    probabilities[:, 3] = 0
    labels = predict(predictor_for(Labels(lambda_=1), 1), images, masks, probabilities, (1, 3))
    assert set(np.unique(labels)) == {0, 1}
    assert iou(labels == 1, truth) > 0.8


def test_the_seed_decides():
    images, masks, _ = shot()
    predictor = predictor_for(Labels(), 1)
    first, second = (predict(predictor, images, masks, seed=3) for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("predictor", ["soft", "network_only"])
def test_labels_do_not_depend_on_the_number_of_threads(predictor):
    images, masks, _ = shot(n_frames=7)
    probabilities = np.random.default_rng(1).random((7, 4, 48, 48), np.float32)
    one, three = (
        predict(predictor_for(Labels(predictor=predictor), 1, n), images, masks, probabilities)
        for n in (1, 3)
    )
    np.testing.assert_array_equal(one, three)


@pytest.mark.parametrize("tags", [(2,), (1, 3)])
def test_pymaxflow_gives_the_same_labels(tags):
    images, masks, _ = shot()
    probabilities = np.random.default_rng(1).random((4, 4, 48, 48), np.float32)
    ours, theirs = (
        predict(predictor_for(Labels(minimizer=name), 1), images, masks, probabilities, tags)
        for name in ("grid", "pymaxflow")
    )
    np.testing.assert_array_equal(ours, theirs)


def test_every_name_of_the_configuration_has_a_predictor_or_a_loss():
    assert {*PREDICTORS, *IMAGE_LOSSES} == set(SHOT_SUPERVISIONS)


def test_an_unknown_plug_in_is_named():
    for name in ("nowhere.at_all:build", "mcnn.labels.predictors:nothing"):
        with pytest.raises(ConfigError, match=name):
            build_predictor(name, Labels(), 1)


def test_a_predictor_keeps_memory_but_no_labels_between_mini_batches():
    settings = Labels(lambda_=10)
    kept = predictor_for(settings, alpha=1)
    for n_frames, size, seed in ((4, 48, 0), (4, 48, 1), (2, 48, 2), (4, 40, 3), (4, 48, 0)):
        images, masks, _ = shot(n_frames, size, seed)
        expected = predict(predictor_for(settings, alpha=1), images, masks)
        np.testing.assert_array_equal(predict(kept, images, masks), expected)

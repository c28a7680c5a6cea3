import numpy as np
import pytest
from paper_energy import latent_labels

from mcnn.config.labels import Labels
from mcnn.labels.arrays import PredictorInput
from mcnn.labels.predictors import build_predictor
from mcnn.labels.shot import label_shot

SETTINGS = Labels(lambda_=1, foreground_components=2, background_components=3, rounds=2)


def small(n_frames=3, size=(6, 9), seed=0):
    rng = np.random.default_rng(seed)
    images = rng.integers(20, 236, (n_frames, *size, 3)).astype(np.uint8)
    masks = rng.random((n_frames, *size)) < 0.4
    images[masks] //= 2
    probabilities = np.moveaxis(rng.dirichlet(np.full(4, 0.5), masks.shape), -1, 1)
    return images, masks, np.ascontiguousarray(probabilities, np.float32)


def enlarged(array):
    return array.repeat(3, axis=1).repeat(3, axis=2)


def restated(images, masks, probabilities, tags, alpha, seed):
    rng = np.random.default_rng(seed)
    frames = PredictorInput(images, masks, np.ones_like(masks), probabilities, tags, rng)
    return latent_labels(frames, SETTINGS, alpha)


@pytest.mark.parametrize("threads", [1, 2])
def test_frames_are_reduced_and_labels_enlarged(threads):
    images, masks, probabilities = small()
    shown = []

    def network(batch):
        shown.append(batch)
        return probabilities[len(shown) - 1][None]

    # Frames of which `images` are the mean of 3 x 3 pixels, masks of which it is the middle.
    large = enlarged(images)
    large[:, ::3] += 7
    large[:, 2::3] -= 7
    large_masks = enlarged(~masks)
    large_masks[:, 1::3, 1::3] = masks
    labels, foreground = label_shot(
        large, large_masks, (3, 1), network, SETTINGS,
        alpha=1.5, longer_side=9, seed=4, threads=threads,
    )  # fmt: skip
    np.testing.assert_array_equal(np.concatenate(shown), images)
    assert {len(batch) for batch in shown} == {1}
    expected = restated(images, masks, probabilities, (3, 1), alpha=1.5, seed=4)
    np.testing.assert_array_equal(labels, enlarged(expected))
    np.testing.assert_allclose(foreground, probabilities[:, 1] + probabilities[:, 3], rtol=1e-6)


def test_without_a_network_motion_decides_alone():
    images, masks, probabilities = small()
    even = np.full_like(probabilities, 0.5)
    labels, foreground = label_shot(images, masks, (2,), None, SETTINGS, seed=1)
    assert foreground is None
    np.testing.assert_array_equal(labels, restated(images, masks, even, (2,), 1, seed=1))
    weighed, _ = label_shot(images, masks, (2,), None, SETTINGS, seed=1, alpha=100)
    np.testing.assert_array_equal(weighed, labels)


def test_defaults_are_alpha_1_seed_0_and_the_defaults_of_the_section():
    images, masks, probabilities = small()
    found = label_shot(images, masks, (2,), lambda batch: probabilities[:1], SETTINGS)[0]
    repeated = np.repeat(probabilities[:1], 3, axis=0)
    np.testing.assert_array_equal(found, restated(images, masks, repeated, (2,), 1, seed=0))
    found = label_shot(images, masks, (2,))[0]
    np.testing.assert_array_equal(found, label_shot(images, masks, (2,), settings=Labels())[0])


@pytest.mark.parametrize(
    ("size", "longer_side", "expected"),
    [
        ((90, 30), 40, (40, 13)),
        ((34, 100), 40, (14, 40)),
        ((20, 30), 40, (20, 30)),
        ((2, 90), 9, (1, 9)),
        ((90, 2), 9, (9, 1)),
        ((500, 6), None, (480, 6)),
    ],
)
def test_the_longer_side_decides_and_nothing_is_enlarged(size, longer_side, expected):
    shown = []

    def network(batch):
        shown.append(batch.shape[1:3])
        return np.full((1, 2, *batch.shape[1:3]), 0.5, np.float32)

    images = np.zeros((2, *size, 3), np.uint8)
    masks = np.zeros((2, *size), bool)
    chosen = {} if longer_side is None else {"longer_side": longer_side}
    labels, foreground = label_shot(images, masks, (1,), network, **chosen)
    assert shown == [expected] * 2
    assert labels.shape == (2, *size)
    assert foreground.shape == (2, *expected)


def test_several_tags_need_a_network():
    images, masks, _ = small()
    with pytest.raises(ValueError, match="told apart by a network"):
        label_shot(images, masks, (1, 2))


def test_threads_are_passed_on(monkeypatch):
    asked = []

    def build(*arguments):
        asked.append(arguments)
        return build_predictor(*arguments)

    monkeypatch.setattr("mcnn.labels.shot.build_predictor", build)
    images, masks, _ = small()
    label_shot(images, masks, (1,), threads=2)
    label_shot(images, masks, (1,), settings=SETTINGS, alpha=2)
    assert asked == [("soft", Labels(), 1.0, 2), ("soft", SETTINGS, 2, 1)]

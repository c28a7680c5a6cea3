from itertools import product

import numpy as np
import pytest
from paper_energy import Mixtures, pairwise

from mcnn.colocalization.segment import ObjectSegmentation
from mcnn.config.colocalization import Colocalization

SIZE, COUNT = (6, 8), 7
"""Of the frames, and number of superpixels."""


def problem(seed, n_frames=3):
    """Noisy frames of other colours each, what a network says, and superpixels of no shape."""
    rng = np.random.default_rng(seed)
    superpixels = rng.integers(0, COUNT, (n_frames, *SIZE))
    superpixels.reshape(n_frames, -1)[:, :COUNT] = np.arange(COUNT)
    tints = rng.integers(90, 140, (n_frames, COUNT, 3))
    tints = np.stack([tint[labels] for tint, labels in zip(tints, superpixels, strict=True)])
    images = (tints + rng.normal(0, 15, tints.shape)).clip(0, 255).astype(np.uint8)
    scores = rng.normal(0, 1, (n_frames, COUNT))
    scores = np.stack([s[labels] for s, labels in zip(scores, superpixels, strict=True)])
    likely = 1 / (1 + np.exp(-scores - rng.normal(0, 0.5, scores.shape)))
    # Other classes have the rest.
    background = (1 - likely) * rng.uniform(0.4, 1, likely.shape)
    return images, np.stack([background, likely], 1), superpixels.astype(np.int32)


def segmented(images, probabilities, superpixels, settings):
    rng = np.random.default_rng(0)
    segment = ObjectSegmentation(images, probabilities.astype(np.float32), settings, rng)
    frames = reversed(range(len(images)))  # In any order.
    return np.stack([segment(t, superpixels[t]) for t in frames][::-1])


def least(images, probabilities, superpixels, settings):
    """The masks of least energy (2) of all that are constant on superpixels."""
    high = probabilities[:, 1] > 0.5
    components = settings.background_components, settings.foreground_components
    everywhere = np.ones(high.shape, bool)
    mixtures = Mixtures(images, high, everywhere, components, np.random.default_rng(0))
    choices = np.array(list(product([0, 1], repeat=COUNT)))
    masks = []
    for t in range(len(images)):
        unary = mixtures.potential(t) - settings.alpha * np.log(probabilities[t])
        first, second, weight = pairwise(
            images[t], everywhere[t], ~everywhere[t], settings.lambda_, settings.gamma
        )
        labels = choices[:, superpixels[t].ravel()]
        energies = np.where(labels, unary[1].ravel(), unary[0].ravel()).sum(1)
        energies += ((labels[:, first] != labels[:, second]) * weight).sum(1)
        masks.append(labels[energies.argmin()].reshape(SIZE) == 1)
    return np.stack(masks)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"alpha": 0.0},
        {"alpha": 4.0},
        {"lambda": 0.0},
        {"lambda": 0.4, "gamma": 0.0},
        {"lambda": 2.0, "gamma": 4.0},
        {"background_components": 1},
        {"foreground_components": 1},
    ],
)
def test_masks_are_those_of_least_energy_of_all_on_superpixels(changes):
    # At the default of lambda, nothing is left of objects that are so small.
    settings = Colocalization.model_validate({"lambda": 0.5, **changes})
    for seed in range(3):
        given = problem(seed)
        expected = least(*given, settings)
        assert 0.1 < expected.mean() < 0.9
        np.testing.assert_array_equal(segmented(*given, settings), expected)


def test_pixels_above_one_half_are_the_samples_of_the_object():
    """Without the network's term, colours alone are left, and these tell what the samples were."""
    sure = np.array([0.02, 0.3, 0.49, 0.5, 0.51, 0.7, 0.98])
    colours = np.random.default_rng(0).permutation(np.arange(20, 216, 28))
    image = np.repeat(colours[:, None], 4, axis=1)[:, :, None] * np.array([1, 0.5, 0.2])
    likely = np.repeat(sure[:, None], 4, axis=1)
    superpixels = np.repeat(np.arange(7)[:, None], 4, axis=1)
    settings = Colocalization.model_validate({"alpha": 0.0, "lambda": 0.0})
    found = segmented(
        image.astype(np.uint8)[None],
        np.stack([(1 - likely) / 2, likely])[None],
        superpixels.astype(np.int32)[None],
        settings,
    )
    assert found[0].all(1).tolist() == found[0].any(1).tolist()
    assert found[0].any(1).tolist() == [False] * 4 + [True] * 3


@pytest.mark.parametrize(("likely", "found"), [(0.4, False), (0.6, True)])
def test_colour_says_nothing_where_no_probability_is_high_or_all_are(likely, found):
    images, _, superpixels = problem(0)
    probabilities = np.empty((len(images), 2, *SIZE))
    probabilities[:, 1], probabilities[:, 0] = likely, 1 - likely
    masks = segmented(images, probabilities, superpixels, Colocalization())
    assert (masks == found).all()

import numpy as np
import pytest

from mcnn.motion.location import (
    normalise_by_otsu,
    normalise_by_shot,
    normalise_locally,
    propagate,
)
from mcnn.motion.superpixels import Links


def links(*rows):
    source, target, overlap = zip(*rows, strict=True)
    return Links(np.array(source), np.array(target), np.array(overlap, float))


def test_propagation_by_hand():
    ratios = [np.array([1.0, 0.0]), np.array([0.0, 0.5]), np.array([0.2])]
    quality = [np.array([0.5, 1.0]), np.array([1.0, 0.5]), np.array([1.0])]
    chain = [links((0, 0, 1.0), (0, 1, 0.25), (1, 1, 0.75)), links((1, 0, 1.0))]
    found = propagate(ratios, quality, chain)
    forward1 = np.array([0.5, 0.25 * 0.5 / (0.25 + 0.75)])
    forward2 = 0.5 * (0.5 + forward1[1])
    backward1 = np.array([0.0, 0.2])
    value1 = quality[1] * (ratios[1] + backward1)
    backward0 = np.array([(1.0 * value1[0] + 0.25 * value1[1]) / 1.25, value1[1]])
    np.testing.assert_allclose(found[0], ratios[0] + backward0)
    np.testing.assert_allclose(found[1], ratios[1] + forward1 + backward1)
    np.testing.assert_allclose(found[2], ratios[2] + forward2)


def test_a_moving_object_is_remembered_while_it_rests():
    ratios = [np.array([0.8, 0.0]), np.zeros(2), np.zeros(2)]
    stay = links((0, 0, 1.0), (1, 1, 1.0))
    found = propagate(ratios, [np.array([0.9, 1.0])] * 3, [stay, stay])
    np.testing.assert_allclose([f[0] for f in found], [0.8, 0.72, 0.648])
    assert all(f[1] == 0 for f in found)


def test_by_shot():
    prior = [np.r_[4.0, 3.0, 1.5, np.zeros(97)], np.r_[np.full(10, 3.0), np.zeros(90)]]
    first, second = normalise_by_shot(prior, share=0.75, floor=1e-6)
    np.testing.assert_allclose(first[:3], [0.999, 0.999, 0.5])
    assert (first[3:] == 0.005).all()
    assert (second[10:] == 1e-6).all()


def test_by_shot_without_motion():
    (found,) = normalise_by_shot([np.zeros(5)], share=0.75, floor=1e-6)
    assert (found == 0.005).all()


@pytest.mark.parametrize(("n_sure", "least"), [(4, 0.005), (5, 0.001)])
def test_by_shot_at_the_bounds(n_sure, least):
    """Of 100 superpixels, 5 have to exceed 0.6 for the others to be as low as they are."""
    sure = np.r_[0.951, 0.949, np.full(n_sure - 2, 0.601)]
    values = np.r_[sure, np.full(98 - n_sure, 0.599), 0.004, 0]
    highest = np.ones(100) / 0.75
    found, _ = normalise_by_shot([values, highest], share=0.75, floor=0.001)
    np.testing.assert_allclose(found[1:98], values[1:98])
    np.testing.assert_allclose(found[[0, 98, 99]], [0.999, max(0.004, least), least])


def test_local_normaliser_by_hand():
    """Of 25 frames, the running median over 11; the ends are repeated beyond the ends."""
    rng = np.random.default_rng(0)
    prior = [rng.gamma(1, rng.uniform(0.2, 3), rng.integers(30, 60)) for _ in range(25)]
    above = [np.maximum(p - np.median(p), 0) for p in prior]
    percentiles = [np.percentile(p, 99) for p in above]
    found = normalise_locally(prior, share=0.26, floor=0.01, evidence=2.0, n_frames=11)
    for t, (p, location) in enumerate(zip(above, found, strict=True)):
        near = [percentiles[min(max(t + dt, 0), 24)] for dt in range(-5, 6)]
        expected = p / (0.26 * max(np.median(near), 2.0))
        np.testing.assert_allclose(location, np.clip(expected, 0.01, 0.99))


def test_local_normaliser_survives_a_spike():
    usual = np.r_[np.full(10, 2.0), np.full(90, 0.5)]
    spike = usual * 50
    found = normalise_locally([usual] * 8 + [spike] + [usual] * 8, 0.5, 0.01, 0.1, 11)
    for frame in found:
        assert (frame[:10] == 0.99).all()
        assert (frame[10:] == 0.01).all()
    # The shot's maximum leaves nothing of the usual frames.
    assert normalise_by_shot([usual, spike], 0.75, 1e-6)[0].max() < 0.03


def test_local_normaliser_makes_nothing_of_little():
    (found,) = normalise_locally([np.r_[0.01, np.zeros(99)]], 0.5, 0.01, evidence=1.0, n_frames=11)
    assert found.max() < 0.05


def test_otsus_normaliser_by_hand():
    """The mean of the upper class over a median of five frames, whatever the object's size."""
    area = np.arange(1, 101)
    sizes = (3, 20, 3, 60, 20, 3, 20)
    levels = [3.0, 8, 4, 6, 9, 5, 7]
    prior = [
        np.r_[np.full(n, 1 + level), np.full(100 - n, 1.0)]
        for n, level in zip(sizes, levels, strict=True)
    ]
    levels[3] = 0  # The median is the object's, which has most of the frame: nothing is above it.
    found = normalise_by_otsu(prior, [area] * 7, 2.0, 0.01, 0.1, 5)
    for t, n in enumerate(sizes):
        near = [levels[min(max(t + dt, 0), 6)] for dt in range(-2, 3)]
        expected = levels[t] / (2.0 * np.median(near))
        np.testing.assert_allclose(found[t][:n], np.clip(expected, 0.01, 0.99))
        assert (found[t][n:] == 0.01).all()


def test_otsus_upper_class_is_weighed_by_area_and_little_is_nothing():
    prior, area = np.array([0.0, 0, 0, 6, 10]), np.array([5, 5, 5, 3, 1])
    (found,) = normalise_by_otsu([prior], [area], 1.0, 0.01, 0.1, 1)
    np.testing.assert_allclose(found, [0.01, 0.01, 0.01, 6 / 7, 0.99])
    (found,) = normalise_by_otsu([prior / 100], [area], 1.0, 0.01, 0.6, 1)
    assert found.max() == pytest.approx(0.1 / 0.6)
    (found,) = normalise_by_otsu([np.zeros(5)], [area], 1.0, 0.01, 0.6, 1)
    assert found.max() == 0.01

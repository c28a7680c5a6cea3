import numpy as np
import pytest

from mcnn.labels.motion_potential import MotionPotential, frame_weights

COMPONENTS = (8, 5)


def two_colours(n_frames=3):
    """Left half red, right half blue, a little noise."""
    rng = np.random.default_rng(0)
    images = np.zeros((n_frames, 12, 16, 3), np.uint8)
    images[:, :, :8, 0] = images[:, :, 8:, 2] = 200
    images += rng.integers(0, 9, images.shape).astype(np.uint8)
    left = np.zeros(images.shape[:3], bool)
    left[:, :, :8] = True
    return images, left


def potential(images, masks, valid=None):
    valid = np.ones_like(masks) if valid is None else valid
    return MotionPotential(images, masks, valid, COMPONENTS, generator())


def histograms(psi_m, masks):
    return np.stack([psi_m.histogram(t, mask) for t, mask in enumerate(masks)])


def generator():
    return np.random.default_rng(0)


def test_frames_are_weighted_by_one_over_one_plus_their_distance():
    np.testing.assert_allclose(frame_weights(4)[1], [1 / 2, 1, 1 / 2, 1 / 3])
    assert frame_weights(10).shape == (10, 10)


def test_each_side_is_likelier_under_its_own_colours():
    images, left = two_colours()
    psi_m = potential(images, left)
    for t in range(len(images)):
        background, foreground = psi_m(t)
        assert (foreground[left[t]] < background[left[t]]).all()
        assert (foreground[~left[t]] > background[~left[t]]).all()


def test_it_is_a_negative_log_density():
    images, left = two_colours(1)
    images[left] = images[left].mean(0).astype(np.uint8)
    psi_m = potential(images, left)(0)
    # One colour: a single Gaussian with the covariance that keeps it regular, the identity.
    np.testing.assert_allclose(psi_m[1][left[0]], 1.5 * np.log(2 * np.pi), rtol=1e-5)


def test_near_frames_count_more():
    images, left = two_colours(4)
    images[3, :, :8] = (20, 200, 20)
    psi_m = MotionPotential(
        images[[0, 3, 3]], left[:3], np.ones_like(left[:3]), (8, 2), generator()
    )
    psi_far, psi_near = psi_m(0)[1], psi_m(2)[1]
    assert psi_m(1)[1][left[1]].mean() < psi_m(0)[1][left[0]].mean()
    assert psi_near[left[2]].mean() < psi_far[left[0]].mean()


def test_a_refit_follows_the_labels():
    images, left = two_colours()
    psi_m = potential(images, left)
    for _ in range(10):
        psi_m.resample(histograms(psi_m, ~left))
        background, foreground = psi_m(1)
    assert (foreground[~left[1]] < background[~left[1]]).all()


@pytest.mark.parametrize("everything", [True, False])
def test_a_side_that_vanishes_keeps_its_mixtures(everything):
    images, left = two_colours()
    psi_m = potential(images, left)
    before = psi_m(1).copy()
    psi_m.resample(histograms(psi_m, np.full_like(left, everything)))
    after = psi_m(1)
    lost = 0 if everything else 1
    np.testing.assert_array_equal(after[lost], before[lost])
    assert (after[1 - lost] != before[1 - lost]).any()


@pytest.mark.parametrize("everything", [True, False])
def test_without_two_sides_colour_says_nothing(everything):
    images, left = two_colours()
    assert not potential(images, np.full_like(left, everything))(0).any()


def test_padding_is_no_sample():
    images, left = two_colours()
    valid = np.ones_like(left)
    valid[:, :, 12:] = False
    painted = images.copy()
    painted[~valid] = 255
    expected, found = potential(images, left, valid)(0), potential(painted, left, valid)(0)
    own = np.where(left[0], found[1], found[0]), np.where(left[0], expected[1], expected[0])
    np.testing.assert_allclose(own[0][valid[0]], own[1][valid[0]], atol=0.1)

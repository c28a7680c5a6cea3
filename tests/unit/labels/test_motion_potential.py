import numpy as np
import pytest
from paper_energy import Mixtures

from mcnn.labels.motion_potential import MotionPotential, frame_weights


def drifting(size=(12, 15), n_frames=4, seed=0):
    """Overlapping colours of two sides, which get brighter from frame to frame, and padding."""
    rng = np.random.default_rng(seed)
    shape = n_frames, *size
    masks = rng.random(shape) < 0.3
    colours = np.where(masks[..., None], (150, 90, 60), (90, 120, 110))
    colours = colours + 15 * np.arange(n_frames)[:, None, None, None]
    images = np.clip(colours + rng.normal(0, 25, (*shape, 3)), 0, 255).astype(np.uint8)
    valid = np.ones(shape, bool)
    valid[0, -3:] = valid[2, :, 9:] = False
    images[~valid] = (250, 200, 10)
    return images, masks, valid


def potentials(images, masks, valid, components):
    """Ours, and those restated, of the same seed."""
    arguments = images, masks, valid, components
    return (kind(*arguments, np.random.default_rng(5)) for kind in (MotionPotential, Mixtures))


def resample(psi_m, expected, foreground):
    psi_m.resample(np.stack([psi_m.histogram(t, mask) for t, mask in enumerate(foreground)]))
    expected.resample(foreground)


def test_frames_are_weighted_by_one_over_one_plus_their_distance():
    np.testing.assert_allclose(frame_weights(4)[1], [1 / 2, 1, 1 / 2, 1 / 3])
    np.testing.assert_allclose(frame_weights(4)[3], [1 / 4, 1 / 3, 1 / 2, 1])
    assert frame_weights(10).shape == (10, 10)


@pytest.mark.parametrize("components", [(1, 1), (3, 2), (2, 4)])
def test_mixtures_follow_the_masks_and_then_the_labels(components):
    images, masks, valid = drifting()
    psi_m, expected = potentials(images, masks, valid, components)
    rng = np.random.default_rng(1)
    for _ in range(4):
        for t in range(len(images)):
            found = psi_m(t)
            assert found.dtype == np.float32
            inside = valid[t]
            restated = expected.potential(t)
            np.testing.assert_allclose(found[:, inside], restated[:, inside], rtol=1e-4)
        resample(psi_m, expected, masks ^ (rng.random(masks.shape) < 0.3))


def test_it_is_a_negative_log_density():
    images = np.zeros((1, 4, 6, 3), np.uint8)
    images[..., :3, 0] = images[..., 3:, 2] = 200
    mask = images[..., 0] > 100
    psi_m = MotionPotential(images, mask, np.ones_like(mask), (8, 5), np.random.default_rng(0))
    # One colour: a single Gaussian with the covariance that keeps it regular, the identity.
    background, foreground = psi_m(0)
    np.testing.assert_allclose(foreground[mask[0]], 1.5 * np.log(2 * np.pi), rtol=1e-5)
    np.testing.assert_allclose(background[~mask[0]], 1.5 * np.log(2 * np.pi), rtol=1e-5)


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize(("n_left", "refitted"), [(0, False), (4, False), (5, True)])
def test_a_side_below_a_thousandth_of_the_shot_keeps_its_mixtures(side, n_left, refitted):
    images, masks, _ = drifting((40, 30))  # 4,800 pixels.
    psi_m, _ = potentials(images, masks, np.ones_like(masks), (1, 1))
    before = psi_m(1).copy()
    labels = np.full_like(masks, side == 0)
    labels[0, 0, :n_left] = side == 1
    psi_m.resample(np.stack([psi_m.histogram(t, mask) for t, mask in enumerate(labels)]))
    after = psi_m(1)
    assert (after[side] != before[side]).any() == refitted
    assert (after[1 - side] != before[1 - side]).any()


def test_a_small_side_of_the_masks_has_a_mixture():
    images, masks, valid = drifting((40, 30))
    masks[:] = False
    masks[1, 5, 5:7] = True
    psi_m, expected = potentials(images, masks, valid, (2, 1))
    np.testing.assert_allclose(psi_m(1), expected.potential(1), rtol=1e-4)


@pytest.mark.parametrize("side", [True, False])
def test_without_two_sides_colour_says_nothing(side):
    images, _, valid = drifting()
    masks = np.where(valid, side, not side)  # The other side is in padding only.
    for used in (valid, np.zeros_like(valid)):
        psi_m = MotionPotential(images, masks, used, (8, 5), np.random.default_rng(0))
        assert psi_m(0).shape == (2, 12, 15)
        assert not psi_m(0).any()

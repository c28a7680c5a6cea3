import numpy as np
import pytest

from mcnn.motion.boundaries import (
    boundary_map,
    boundary_probability,
    direction_difference,
    gradient_magnitude,
)


def random_flow(seed=0, shape=(23, 31)):
    return np.random.default_rng(seed).normal(0, 1, (*shape, 2)).astype(np.float32)


def test_gradient_of_a_linear_field():
    y, x = np.mgrid[0:6, 0:8].astype(np.float32)
    flow = np.stack([3 * x + 2 * y, x - 4 * y], axis=2)
    np.testing.assert_allclose(gradient_magnitude(flow), np.sqrt(9 + 4 + 1 + 16), rtol=1e-6)
    across = gradient_magnitude(flow, cross_only=True)
    np.testing.assert_allclose(across, np.sqrt(4 + 1), rtol=1e-6)


def test_gradient_of_one_row():
    assert gradient_magnitude(np.ones((1, 5, 2), np.float32)).tolist() == [[0.0] * 5]


def test_gradient_sits_before_the_step():
    flow = np.zeros((4, 6, 2), np.float32)
    flow[:, 3:, 0] = 5
    assert np.unique(np.nonzero(gradient_magnitude(flow))[1]).tolist() == [2]


def test_direction_difference_of_two_halves():
    flow = np.zeros((2, 4, 2), np.float32)
    flow[:, :2] = (1, 1)
    flow[:, 2:] = (1, -1)
    everywhere = np.ones((2, 4), bool)
    found = direction_difference(flow, everywhere)
    np.testing.assert_allclose(found, [[0, np.pi / 2, np.pi / 2, 0]] * 2, atol=1e-6)
    # Mirrored at the x axis the two directions are the same.
    assert direction_difference(flow, everywhere, folded=True).max() < 1e-6


def test_direction_difference_goes_the_short_way_round():
    angles = np.array([[np.pi - 0.1, -np.pi + 0.1]], np.float32)
    flow = np.stack([np.cos(angles), np.sin(angles)], axis=2)
    found = direction_difference(flow, np.ones((1, 2), bool))
    np.testing.assert_allclose(found, 0.2, atol=1e-5)


def test_no_motion_differs_from_any_and_from_none_not():
    flow = np.zeros((1, 3, 2), np.float32)
    flow[0, 2] = (0, 1)
    found = direction_difference(flow, np.ones((1, 3), bool))
    np.testing.assert_allclose(found, [[0, np.pi, np.pi]], rtol=1e-6)


def test_direction_difference_looks_only_where_asked():
    where = np.zeros((23, 31), bool)
    where[4, 5] = True
    found = direction_difference(random_flow(), where)
    assert np.argwhere(found).tolist() == [[4, 5]]


def test_probability_by_hand():
    """Beyond a strength of 0.6 that, beyond 0.25 that times the turn's, else a tenth of it."""
    strength = np.array([0.1, 0.249, 0.251, 0.599, 0.601, 0.9])
    gradient, turns = -np.log(1 - strength) / 0.7, np.full(6, 0.8)
    of_turn = 1 - np.exp(-2 * 0.8**2)
    expected = [0.01, 0.0249, 0.251 * of_turn, 0.599 * of_turn, 0.601, 0.9]
    np.testing.assert_allclose(boundary_probability(gradient, turns, 0.7, 2.0), expected)


@pytest.mark.parametrize("scale", [0.2, 0.3, 0.5])
def test_map_is_the_threshold_of_the_probability(scale):
    flow = random_flow()
    gradient = gradient_magnitude(flow)
    difference = direction_difference(flow, np.ones(gradient.shape, bool))
    expected = boundary_probability(gradient, difference, scale, 1.0) > 0.5
    assert 0 < expected.mean() < 1
    np.testing.assert_array_equal(boundary_map(gradient, difference, scale, 1.0, 0), expected)
    expected[:3] = expected[-3:] = expected[:, :3] = expected[:, -3:] = False
    np.testing.assert_array_equal(boundary_map(gradient, difference, scale, 1.0, 3), expected)

import numpy as np
import pytest

from mcnn.labels.energy import (
    NEIGHBOURS,
    boundary_band,
    energy,
    network_potential,
    pairwise_weights,
    unary_term,
)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def pairs(height, width):
    """All pairs of 8-neighbours, each once: (direction, pixel, neighbour)."""
    for d, (down, right) in enumerate(NEIGHBOURS):
        for y in range(height):
            for x in range(width):
                if 0 <= y + down < height and 0 <= x + right < width:
                    yield d, (y, x), (y + down, x + right)


def test_unary_is_motion_plus_alpha_times_network(rng):
    psi_m, psi_fc = rng.uniform(0, 9, (2, 3, 4)), rng.uniform(0, 9, (3, 3, 4))
    out = np.empty_like(psi_fc)
    for unary in (unary_term(psi_m, psi_fc, 2.0), unary_term(psi_m, psi_fc, 2.0, out)):
        np.testing.assert_allclose(unary[0], psi_m[0] + 2 * psi_fc[0])
        for label in (1, 2):
            np.testing.assert_allclose(unary[label], psi_m[1] + 2 * psi_fc[label])
    assert unary is out


def test_network_potential_is_finite_where_the_softmax_is_zero():
    probabilities = np.array([1.0, np.exp(-3), 1e-7, 1e-9, 0.0], np.float32)
    potential = network_potential(probabilities)
    assert potential.dtype == np.float32
    np.testing.assert_allclose(potential, -np.log([1, np.exp(-3), 1e-7, 1e-8, 1e-8]), rtol=1e-6)
    assert probabilities[-1] == 0


@pytest.mark.parametrize("half_width", [0, 0.9, 1, 1.5, 2, 3.5])
def test_band_is_the_pixels_near_the_other_side(rng, half_width):
    mask = rng.random((15, 18)) < 0.3
    valid = rng.random((15, 18)) < 0.95
    valid[:, 15:] = False
    grid = np.argwhere(np.ones_like(mask))
    expected = np.zeros_like(mask)
    for y, x in grid:
        near = np.hypot(*(grid - (y, x)).T) <= half_width
        expected[y, x] = valid[y, x] and any(
            valid[q] and mask[q] != mask[y, x] for q in map(tuple, grid[near])
        )
    np.testing.assert_array_equal(boundary_band(mask, valid, half_width), expected)


def test_band_is_empty_without_a_boundary():
    for mask in (np.zeros((5, 5), bool), np.ones((5, 5), bool)):
        assert not boundary_band(mask, np.ones((5, 5), bool), 2).any()


def test_pairwise_is_equation_3(rng):
    image = rng.integers(0, 256, (6, 7, 3)).astype(np.uint8)
    valid = rng.random((6, 7)) < 0.9
    band = rng.random((6, 7)) < 0.4
    used = [(d, p, q) for d, p, q in pairs(6, 7) if valid[p] and valid[q]]
    z = image.astype(float)
    contrast = {(p, q): ((z[p] - z[q]) ** 2).sum() for _, p, q in used}
    distance = {(p, q): np.hypot(p[0] - q[0], p[1] - q[1]) for _, p, q in used}
    scale = 0.8 / np.mean([contrast[pq] / distance[pq] for pq in contrast])
    expected = np.zeros((4, 6, 7))
    for d, p, q in used:
        delta = band[p] and band[q]
        value = 7 * (1 - delta) * np.exp(-scale * contrast[p, q]) / distance[p, q]
        expected[(d, *p)] = value
    found = pairwise_weights(image, valid, band, 7, 0.8)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_delta_needs_both_pixels_in_the_band():
    image = np.zeros((1, 3, 3), np.uint8)
    band = np.array([[True, True, False]])
    weights = pairwise_weights(image, np.ones((1, 3), bool), band, 50, 0.5)
    np.testing.assert_array_equal(weights[0, 0], [0, 50, 0])


def test_constant_colour_is_smooth_and_finite():
    image = np.full((3, 3, 3), 9, np.uint8)
    weights = pairwise_weights(image, np.ones((3, 3), bool), np.zeros((3, 3), bool), 50, 0.5)
    np.testing.assert_allclose(weights[0, :, :2], 50)
    np.testing.assert_allclose(weights[2, :2, :2], 50 / np.sqrt(2))


def test_energy_is_equation_2_term_by_term(rng):
    unary = rng.uniform(0, 5, (3, 5, 6))
    pairwise = rng.uniform(0, 5, (4, 5, 6))
    x = rng.integers(0, 3, (5, 6))
    expected = sum(unary[x[p]][p] for p in np.ndindex(5, 6))
    expected += sum(pairwise[(d, *p)] for d, p, q in pairs(5, 6) if x[p] != x[q])
    assert energy(x, unary, pairwise) == pytest.approx(expected)

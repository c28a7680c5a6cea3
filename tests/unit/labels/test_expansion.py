from collections import deque
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mcnn.labels.expansion as expansion
from mcnn.labels.cut import FrameMinimiser, alpha_expansion
from mcnn.labels.energy import NEIGHBOURS, energy
from mcnn.labels.expansion import GridMoves, descend
from mcnn.labels.grid_cut import capacity_scale


def problem(seed, shape, n_labels, smoothness=2.0):
    """Random energy; some weights are 0, those of pairs that leave the grid are not."""
    rng = np.random.default_rng(seed)
    unary = rng.uniform(0, 3, (n_labels, *shape))
    return unary, rng.uniform(0, smoothness, (4, *shape)) * (rng.random((4, *shape)) < 0.8)


def energies(labellings, unary, pairwise):
    """Energies of labellings ``(M, H, W)``, with a pair of pixels at a time."""
    _, height, width = labellings.shape
    total = np.zeros(len(labellings))
    for y, x in np.ndindex(height, width):
        total += unary[labellings[:, y, x], y, x]
        for d, (down, right) in enumerate(NEIGHBOURS):
            v, u = y + down, x + right
            if v < height and 0 <= u < width:
                total += pairwise[d, y, x] * (labellings[:, y, x] != labellings[:, v, u])
    return total


def all_labellings(n_labels, shape):
    every = list(product(range(n_labels), repeat=shape[0] * shape[1]))
    return np.reshape(every, (-1, *shape))


def grid_moves(unary, pairwise, free):
    return GridMoves(unary, pairwise, capacity_scale(float(pairwise.max())), free)


shapes = st.tuples(st.integers(1, 4), st.integers(1, 4)).filter(lambda shape: np.prod(shape) <= 9)


@settings(max_examples=60)
@given(st.integers(0, 10**6), shapes, st.integers(2, 4), st.booleans())
def test_a_move_switches_those_free_pixels_that_lower_the_energy_most(seed, shape, n_labels, own):
    unary, pairwise = problem(seed, shape, n_labels)
    if own:
        unary, pairwise = unary.astype(np.float32), pairwise.astype(np.float32)
    rng = np.random.default_rng(seed)
    before = rng.integers(0, n_labels, shape).astype(np.uint8)
    free = rng.random(shape) < 0.7
    free.flat[rng.integers(free.size)] = True
    label = int(rng.integers(n_labels))
    switches = all_labellings(2, shape) == 1
    possible = energies(np.where(switches & free, label, before), unary, pairwise)
    after = before.copy()
    moved = grid_moves(unary, pairwise, free)(after, label)
    np.testing.assert_array_equal(after[after != before], label)
    assert free[after != before].all()
    value, least = energies(after[None], unary, pairwise)[0], possible.min()
    assert value == pytest.approx(least, abs=1e-6)
    assert moved == (least < energies(before[None], unary, pairwise)[0] - 1e-6)


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.sampled_from([0.3, 1.0, 3.0]), st.integers(3, 4))
def test_background_of_the_cut_against_the_cheapest_label_is_background(seed, smooth, n_labels):
    shape = (2, 4) if n_labels == 3 else (2, 3)
    unary, pairwise = problem(seed, shape, n_labels, smooth)
    minimiser = FrameMinimiser(*shape, n_labels, "grid", deque())
    minimiser.load(pairwise)
    foreground = minimiser.foreground(unary)
    every = all_labellings(n_labels, shape)
    values = energies(every, unary, pairwise)
    kept = ((every == 0) | (foreground == 1)).all((1, 2))
    assert values[kept].min() == pytest.approx(values.min())


@pytest.mark.parametrize("n_labels", [3, 5])
@pytest.mark.parametrize("seed", range(8))
def test_moves_of_the_foreground_lead_where_moves_of_the_frame_do(seed, n_labels):
    """PyMaxflow's are of the frame."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(n_labels, 24, 25))
    for axis in (1, 2):
        for _ in range(3):
            noise = noise + np.roll(noise, 1, axis) + np.roll(noise, -1, axis)
    pairwise = rng.exponential([0.3, 2, 6][seed % 3], (4, 24, 25))
    ours, theirs = (
        alpha_expansion(noise, pairwise, minimizer=solver) for solver in ("grid", "pymaxflow")
    )
    assert len(np.unique(ours)) > 1
    np.testing.assert_array_equal(ours, theirs)


def test_where_the_cheapest_labels_are_lower_the_descent_starts_anew_from_them(monkeypatch):
    ends = []

    def noted(labelling, *arguments):
        descend(labelling, *arguments)
        ends.append(labelling.copy())

    monkeypatch.setattr(expansion, "descend", noted)
    too_high = 0
    for seed in range(400):
        unary, pairwise = problem(seed, (2, 2), 4, 1.0)
        ends.clear()
        found = energy(alpha_expansion(unary, pairwise), unary, pairwise)
        bound = energy(unary.argmin(0), unary, pairwise)
        assert found <= bound + 1e-9
        if ends:
            assert found == min(energy(end, unary, pairwise) for end in ends)
            too_high += energy(ends[0], unary, pairwise) > bound + 1e-9
    assert too_high > 0


def test_labels_are_expanded_until_none_pays_since_the_last_change():
    tried = []
    pays = {1: [False, True], 2: [True], 0: []}

    def move(_, label):
        tried.append(label)
        return bool(pays[label]) and pays[label].pop(0)

    descend(np.zeros((1, 1), np.uint8), [1, 2, 0], set(), move)
    assert tried == [1, 2, 0, 1, 2, 0]
    tried.clear()
    descend(np.zeros((1, 1), np.uint8), [1, 2, 0], {0, 2}, move)
    assert tried == [1]


@pytest.mark.parametrize("size", [1e6, 1e300])
def test_huge_unaries_fix_their_pixels(size):
    unary, pairwise = problem(0, (20, 21), 3)
    rng = np.random.default_rng(0)
    fixed, label = rng.random((20, 21)) < 0.2, rng.integers(0, 3, (20, 21))
    for k in range(3):
        unary[k][fixed & (label != k)] = size
    np.testing.assert_array_equal(alpha_expansion(unary, pairwise)[fixed], label[fixed])


def test_without_weights_each_pixel_has_its_cheapest_label():
    unary, pairwise = problem(0, (9, 8), 4)
    np.testing.assert_array_equal(alpha_expansion(unary, 0 * pairwise), unary.argmin(0))

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcnn.labels.cut import alpha_expansion, minimum_cut
from mcnn.labels.energy import NEIGHBOURS

both_solvers = pytest.mark.parametrize("solver", ["grid", "pymaxflow"])


def problem(seed, height, width, n_labels):
    """Random energy; pairs that leave the grid have weight 0, as `pairwise_weights` makes them."""
    rng = np.random.default_rng(seed)
    unary = rng.uniform(0, 3, (n_labels, height, width))
    pairwise = rng.uniform(0, 2, (4, height, width)) * (rng.random((4, height, width)) < 0.8)
    for d, (down, right) in enumerate(NEIGHBOURS):
        for y, x in np.ndindex(height, width):
            if not (y + down < height and 0 <= x + right < width):
                pairwise[d, y, x] = 0
    return unary, pairwise


def energies(labellings, unary, pairwise):
    """Energies of labellings ``(M, H, W)``, with a pair of pixels at a time."""
    _, height, width = labellings.shape
    total = np.zeros(len(labellings))
    for y, x in np.ndindex(height, width):
        total += unary[labellings[:, y, x], y, x]
        for d, (v, u) in enumerate([(y, x + 1), (y + 1, x), (y + 1, x + 1), (y + 1, x - 1)]):
            if v < height and 0 <= u < width:
                total += pairwise[d, y, x] * (labellings[:, y, x] != labellings[:, v, u])
    return total


def energy(labelling, unary, pairwise):
    return energies(labelling[None], unary, pairwise)[0]


def labellings(n_labels, height, width):
    every = list(product(range(n_labels), repeat=height * width))
    return np.reshape(every, (-1, height, width))


@both_solvers
@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 3), st.integers(1, 4))
def test_two_labels_are_minimised_exactly(solver, seed, height, width):
    unary, pairwise = problem(seed, height, width, 2)
    least = energies(labellings(2, height, width), unary, pairwise).min()
    cut = minimum_cut(unary, pairwise, solver)
    assert cut.dtype == np.uint8
    assert energy(cut, unary, pairwise) == pytest.approx(least)


@pytest.mark.parametrize("minimise", [minimum_cut, alpha_expansion])
def test_our_own_solver_is_the_default(monkeypatch, minimise):
    monkeypatch.setattr("maxflow.Graph", None)
    unary, pairwise = problem(0, 3, 4, 2)
    minimise(unary, pairwise)
    with pytest.raises(TypeError):
        minimise(unary, pairwise, minimizer="pymaxflow")


@both_solvers
def test_of_several_minima_the_one_with_the_fewest_foreground_pixels(solver):
    unary = np.array([[[0.0, 0, 1, 0]], [[1.0, 0, 0, 0]]])
    pairwise = np.zeros((4, 1, 4))
    pairwise[0] = [[1, 1, 0, 0]]
    np.testing.assert_array_equal(minimum_cut(unary, pairwise, solver), [[0, 0, 0, 0]])


@both_solvers
@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(3, 5))
def test_expansion_ends_below_its_start_where_no_single_move_helps(solver, seed, n_labels):
    unary, pairwise = problem(seed, 3, 3, n_labels)
    begin = np.random.default_rng(seed).integers(0, n_labels, (3, 3)).astype(np.uint8)
    copies = unary.copy(), pairwise.copy(), begin.copy()
    moves = labellings(2, 3, 3) == 1
    for start in (None, begin):
        end = alpha_expansion(unary, pairwise, start, solver)
        assert end.dtype == np.uint8
        value = energy(end, unary, pairwise)
        assert value <= energy(unary.argmin(0) if start is None else start, unary, pairwise) + 1e-9
        for label in range(n_labels):
            assert energies(np.where(moves, label, end), unary, pairwise).min() >= value - 1e-9
    for array, copy in zip((unary, pairwise, begin), copies, strict=True):
        np.testing.assert_array_equal(array, copy)


@both_solvers
@pytest.mark.parametrize("label", [0, 1, 2])
def test_expansion_stays_at_a_start_that_no_move_improves(solver, label):
    pairwise = problem(0, 5, 6, 3)[1]
    start = np.full((5, 6), label, np.uint8)
    found = alpha_expansion(np.zeros((3, 5, 6)), pairwise, start, solver)
    np.testing.assert_array_equal(found, start)


@both_solvers
@pytest.mark.parametrize("label", [0, 1, 2])
def test_expansion_finds_the_only_label_that_is_better(solver, label):
    unary = np.full((3, 4, 4), 5.0)
    start = np.full((4, 4), (label + 1) % 3, np.uint8)
    unary[start[0, 0]], unary[label] = 1, 0
    found = alpha_expansion(unary, problem(0, 4, 4, 3)[1], start, solver)
    np.testing.assert_array_equal(found, np.full((4, 4), label))


@both_solvers
def test_expansion_of_two_labels_is_the_exact_cut(solver):
    unary, pairwise = problem(0, 8, 9, 2)
    expected = minimum_cut(unary, pairwise, solver)
    np.testing.assert_array_equal(alpha_expansion(unary, pairwise, minimizer=solver), expected)

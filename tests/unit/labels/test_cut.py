from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcnn.labels.cut import alpha_expansion, minimum_cut
from mcnn.labels.energy import NEIGHBOURS, energy


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


def lowest(unary, pairwise):
    n_labels, *shape = unary.shape
    return min(
        energy(np.reshape(x, shape), unary, pairwise)
        for x in product(range(n_labels), repeat=shape[0] * shape[1])
    )


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.integers(1, 3), st.integers(1, 4))
def test_two_labels_are_minimised_exactly(seed, height, width):
    unary, pairwise = problem(seed, height, width, 2)
    cut = minimum_cut(unary, pairwise)
    assert energy(cut, unary, pairwise) == pytest.approx(lowest(unary, pairwise))


@settings(max_examples=40)
@given(st.integers(0, 10**6))
def test_expansion_ends_where_no_single_move_helps(seed):
    unary, pairwise = problem(seed, 3, 3, 3)
    x = alpha_expansion(unary, pairwise)
    value = energy(x, unary, pairwise)
    for label in range(3):
        for move in product((False, True), repeat=9):
            moved = np.where(np.reshape(move, (3, 3)), label, x)
            assert energy(moved, unary, pairwise) >= value - 1e-9


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(3, 5))
def test_expansion_never_raises_the_energy_of_its_start(seed, n_labels):
    unary, pairwise = problem(seed, 5, 6, n_labels)
    begin = np.random.default_rng(seed).integers(0, n_labels, (5, 6))
    end = alpha_expansion(unary, pairwise, begin)
    assert energy(end, unary, pairwise) <= energy(begin, unary, pairwise) + 1e-9


def test_expansion_of_two_labels_is_the_exact_cut():
    unary, pairwise = problem(0, 8, 9, 2)
    expected = energy(minimum_cut(unary, pairwise), unary, pairwise)
    assert energy(alpha_expansion(unary, pairwise), unary, pairwise) == pytest.approx(expected)

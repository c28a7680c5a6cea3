from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcnn.graph_cut import Edges, Minimiser, energy

LABELLINGS = np.array(list(product([False, True], repeat=7)))


def energies(foreground, background, edges):
    """Those of all labellings, term by term."""
    total = np.zeros(len(LABELLINGS))
    for x, f, b in zip(LABELLINGS.T, foreground, background, strict=True):
        total += np.where(x, f, b)
    for i, j, weight in zip(edges.first, edges.second, edges.weight, strict=True):
        total += weight * (LABELLINGS[:, i] ^ LABELLINGS[:, j])
    return total


def random_edges(rng):
    first, second = np.triu_indices(7, 1)
    kept = rng.random(len(first)) < 0.5
    return Edges(first[kept], second[kept], rng.exponential(1, kept.sum()))


@given(st.integers(0, 10_000))
def test_every_call_finds_the_least_energy(seed):
    rng = np.random.default_rng(seed)
    edges = random_edges(rng)
    minimise = Minimiser(7, edges)
    for _ in range(4):
        foreground, background = rng.normal(0, 2, (2, 7))
        expected = energies(foreground, background, edges)
        k = rng.integers(len(LABELLINGS))
        value = energy(LABELLINGS[k], foreground, background, edges)
        assert value == pytest.approx(expected[k])
        found = minimise(foreground, background)
        assert found.dtype == bool
        np.testing.assert_array_equal(found, LABELLINGS[np.argmin(expected)])


def test_a_pair_given_twice_counts_twice():
    edges = Edges(np.array([0, 1]), np.array([1, 0]), np.array([1.0, 1.5]))
    foreground, background = np.array([0.0, 2.0]), np.array([5.0, 0.0])
    assert Minimiser(2, edges)(foreground, background).tolist() == [True, True]
    single = Edges(edges.first[:1], edges.second[:1], edges.weight[:1])
    assert Minimiser(2, single)(foreground, background).tolist() == [True, False]

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mcnn.colocalization.energy import minimum, superpixel_energy
from mcnn.graph_cut import energy as energy_of_graph
from mcnn.labels.energy import energy, pairwise_weights


@st.composite
def problems(draw):
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    height, width = draw(st.integers(2, 6)), draw(st.integers(2, 6))
    count = draw(st.integers(1, min(6, height * width)))
    labels = rng.integers(0, count, (height, width))
    # Every number occurs.
    labels.ravel()[rng.permutation(labels.size)[:count]] = np.arange(count)
    image = rng.integers(0, 255, (height, width, 3)).astype(np.uint8)
    nowhere = np.zeros((height, width), bool)
    pairwise = pairwise_weights(image, ~nowhere, nowhere, draw(st.floats(0, 5)), 0.5)
    unary = rng.normal(0, 3, (2, height, width))
    return labels.astype(np.int32), unary, pairwise


@given(problems())
def test_it_is_the_energy_of_the_pixels_and_its_minimum_that_of_brute_force(problem):
    labels, unary, pairwise = problem
    terms = superpixel_energy(labels, unary, pairwise)
    background, foreground = terms.unary
    lowest = np.inf
    for choice in product([False, True], repeat=len(background)):
        of_superpixels = np.array(choice)
        of_pixels = energy(of_superpixels[labels].astype(np.uint8), unary, pairwise)
        of_graph = energy_of_graph(of_superpixels, foreground, background, terms.edges)
        np.testing.assert_allclose(of_graph, of_pixels, atol=1e-4)
        lowest = min(lowest, of_pixels)
    ends = list(zip(terms.edges.first, terms.edges.second, strict=True))
    assert all(first < second for first, second in ends)
    assert len(set(ends)) == len(ends)
    found = minimum(terms)[labels].astype(np.uint8)
    np.testing.assert_allclose(energy(found, unary, pairwise), lowest, atol=1e-4)

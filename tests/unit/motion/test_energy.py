import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcnn.graph_cut import Edges, Minimiser, energy
from mcnn.motion.energy import pairwise
from mcnn.motion.superpixels import Links, describe


@settings(max_examples=40)
@given(st.integers(0, 10_000))
def test_max_flow_finds_the_least_energy_again_and_again(seed):
    rng = np.random.default_rng(seed)
    count = 9
    first, second = (k.astype(np.int64) for k in np.triu_indices(count, 1))
    keep = rng.random(len(first)) < 0.4
    edges = Edges(first[keep], second[keep], rng.exponential(1, keep.sum()))
    labellings = [np.array(k) for k in itertools.product([False, True], repeat=count)]
    minimise = Minimiser(count, edges)
    for _ in range(3):
        foreground, background = rng.normal(0, 2, (2, count))
        least = min(energy(labels, foreground, background, edges) for labels in labellings)
        found = minimise(foreground, background)
        assert energy(found, foreground, background, edges) == pytest.approx(least)


def test_energy_by_hand():
    edges = Edges(np.array([0, 1]), np.array([1, 2]), np.array([3.0, 7.0]))
    labels = np.array([True, False, False])
    foreground, background = np.array([1.0, 2.0, 3.0]), np.array([10.0, 20.0, 30.0])
    assert energy(labels, foreground, background, edges) == 1 + 20 + 30 + 3


def test_without_edges_the_cheaper_label_wins():
    nothing = np.zeros(0, np.int64)
    edges = Edges(nothing, nothing, np.zeros(0))
    found = Minimiser(2, edges)(np.array([1.0, 5.0]), np.array([2.0, 4.0]))
    assert found.tolist() == [True, False]


def test_pairwise_terms_by_hand():
    labels = np.array([[0, 1, 2]], np.int32)
    frame = np.array([[[0, 0, 0], [10, 0, 0], [10, 20, 0]]], np.uint8)
    superpixels = describe(frame, labels)
    links = Links(np.array([0, 1]), np.array([0, 2]), np.array([1.0, 0.5]))
    edges = pairwise([superpixels, superpixels], [links], 5000, 4000)
    # Two pairs a frame: squared differences 100 and 400, distance 1.
    spatial = 5000 * np.exp(-0.5 / 250 * np.array([100, 400]))
    # Links: 0 -> 0 of equal colour, 1 -> 2 with difference 400 and overlap 0.5.
    temporal = 4000 * np.array([1.0, 0.5]) * np.exp(-0.5 / 100 * np.array([0, 400]))
    np.testing.assert_allclose(edges.weight, np.r_[spatial, spatial, temporal])
    assert edges.first.tolist() == [0, 1, 3, 4, 0, 1]
    assert edges.second.tolist() == [1, 2, 4, 5, 3, 5]


def test_frames_of_one_colour_have_finite_terms():
    superpixels = describe(np.zeros((1, 3, 3), np.uint8), np.array([[0, 1, 2]], np.int32))
    assert (pairwise([superpixels], [], 5000, 4000).weight == 5000).all()


def test_neighbours_of_different_motion_are_less_tied():
    labels = np.array([[0, 1, 2]], np.int32)
    frame = np.array([[[0, 0, 0], [10, 0, 0], [10, 20, 0]]], np.uint8)
    superpixels = describe(frame, labels)
    links = Links(np.array([0, 1]), np.array([0, 2]), np.array([1.0, 0.5]))
    frames = [superpixels] * 3
    before = pairwise(frames, [links, links], 5000, 4000).weight
    motions = [np.array([[0, 0], [3, 4], [3, 4.5]]), None]
    after = pairwise(frames, [links, links], 5000, 4000, motions, 2).weight
    # Squares of the differences 25 and 0.25, mean 12.625; without motion nothing differs.
    expected = np.exp(-2 * np.array([25, 0.25]) / (2 * 12.625))
    np.testing.assert_allclose(after / before, np.r_[expected, np.ones(4), np.ones(4)])
    slow = [motion / 1000 if motion is not None else None for motion in motions]
    after = pairwise(frames, [links, links], 5000, 4000, slow, 2).weight
    assert (after / before > 0.99).all()

import numpy as np
import pytest

from mcnn.motion.ring_colours import bins, density, histograms, of_the_ring, signed_distance

N = 32**3
APART = 32 * 32 * np.array([4, 14, 24]) + 32 * 16 + 16
"""Bins so far from each other that smoothing does not mix them."""


def counted(inside, around):
    """Histograms of a frame that has the colours of `APART` so often."""
    histogram = np.zeros((2, N), np.float32)
    histogram[0, APART], histogram[1, APART] = inside, around
    return histogram


def test_a_bin_is_eight_levels_of_each_channel():
    image = np.array([[[0, 7, 8], [255, 16, 15]]], np.uint8)
    found = bins(image)
    assert found.dtype == np.int32
    np.testing.assert_array_equal(found, [[1, (31 * 32 + 2) * 32 + 1]])


def test_distances_are_positive_inside_and_negative_outside():
    mask = np.zeros((9, 20), bool)
    mask[:, 8:] = True
    expected = [*range(-8, 0), *range(1, 13)]
    np.testing.assert_allclose(signed_distance(mask)[4], expected, rtol=0.05)


@pytest.mark.parametrize("value", [False, True])
def test_without_a_boundary_there_is_no_distance_and_nothing_is_counted(value):
    assert signed_distance(np.full((9, 9), value)) is None
    assert not histograms(np.zeros((9, 9), np.int32), None).any()


def test_the_boundary_and_what_is_far_away_are_not_counted():
    distance = np.array([[-41, -40, -39, -3, -2, 2, 3, 60]], np.float32)
    found = histograms(np.arange(8, dtype=np.int32)[None], distance)
    assert found.shape == (2, N)
    assert [list(np.flatnonzero(side)) for side in found] == [[6, 7], [2, 3]]


def test_densities_are_smooth_and_sum_to_one():
    histogram = np.zeros(N, np.float32)
    histogram[APART[1]] = 7
    found = density(histogram)
    assert found.sum() == pytest.approx(1, rel=1e-5)
    assert found[APART[1]] > found[APART[1] + 1] > found[APART[1] + 2] > 0
    assert not density(np.zeros(N, np.float32)).any()


def test_colours_of_the_ring_are_nearly_as_frequent_there_or_more():
    # As shares: 39 and 30 %, 45 and 30 %, 16 and 40 %.
    found = of_the_ring([counted([39, 45, 16], [30, 30, 40])])
    assert list(found[APART]) == [True, False, True]
    assert not found[APART[0] + 5]  # Not seen at all.


def test_a_colour_that_is_hardly_seen_is_nobodys():
    found = of_the_ring([counted([0, 900, 0], [3, 1e6, 600])])
    assert list(found[APART]) == [False, True, True]


def test_all_frames_count_as_one():
    few = counted([0, 10, 0], [0, 0, 0]), counted([10, 0, 0], [10, 10, 10])
    # The second colour has a half inside and a third around.
    assert list(of_the_ring(few)[APART]) == [False, False, True]
    assert list(of_the_ring(few[1:])[APART]) == [False, True, True]

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from mcnn.imaging.boxes import Box, box_of, largest_component, scale_box

masks = arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9)))


@given(masks)
def test_the_box_has_the_edges_of_the_outermost_pixels(mask):
    """The pixel in row y and column x has the edges x, y, x + 1, y + 1."""
    places = [(x, y) for y, x in np.ndindex(mask.shape) if mask[y, x]]
    if not places:
        assert box_of(mask) is None
        return
    left, upper = (min(place[k] for place in places) for k in (0, 1))
    right, lower = (max(place[k] + 1 for place in places) for k in (0, 1))
    assert box_of(mask) == (left, upper, right, lower)


@given(masks)
def test_the_component_is_one_of_the_largest(mask):
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    found = largest_component(mask)
    sizes = [(labels == k).sum() for k in range(1, count + 1)]
    assert found.sum() == max(sizes, default=0)
    assert found.dtype == bool
    if count:
        (number,) = np.unique(labels[found])
        assert number > 0
        np.testing.assert_array_equal(labels == number, found)


def test_the_largest_component_has_the_most_pixels_not_the_longest_side():
    mask = np.zeros((12, 40), bool)
    mask[0] = True
    mask[2:12, 3:10] = True
    assert box_of(largest_component(mask)) == (3, 2, 10, 12)
    assert box_of(largest_component(mask.T)) == (2, 3, 12, 10)


def test_of_equal_components_the_first_counts():
    mask = np.zeros((6, 9), bool)
    mask[0, 6:8] = mask[3, 1:3] = mask[5, 4:6] = True
    assert box_of(largest_component(mask)) == (6, 0, 8, 1)


def test_a_box_at_another_size():
    assert scale_box(Box(1, 2, 3, 4), (10, 10), (20, 5)) == pytest.approx((0.5, 4, 1.5, 8))
    assert scale_box(Box(0, 0, 32, 24), of=(24, 32), to=(480, 640)) == (0, 0, 640, 480)

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.measure import label

from mcnn.imaging.boxes import Box, box_of, largest_component, scale_box

masks = arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9)))


@given(masks)
def test_the_box_is_the_tightest_that_holds_the_mask(mask):
    box = box_of(mask)
    if not mask.any():
        assert box is None
        return
    x0, y0, x1, y1 = map(int, box)
    assert mask.sum() == mask[y0:y1, x0:x1].sum()
    inside = mask[y0:y1, x0:x1]
    assert all(side.any() for side in (inside[0], inside[-1], inside[:, 0], inside[:, -1]))


@given(masks)
def test_the_component_is_one_of_the_largest(mask):
    found = largest_component(mask)
    labels = label(mask, connectivity=2)
    sizes = np.bincount(labels.ravel(), minlength=2)[1:]
    assert found.sum() == sizes.max()
    if mask.any():
        (number,) = np.unique(labels[found])
        assert number > 0
        assert ((labels == number) == found).all()


def test_a_box_at_another_size():
    assert scale_box(Box(1, 2, 3, 4), (10, 10), (20, 5)) == pytest.approx((0.5, 4, 1.5, 8))

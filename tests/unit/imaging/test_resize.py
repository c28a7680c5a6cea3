import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcnn.imaging.resize import reduce_frame, reduced_size


@given(st.integers(1, 3000), st.integers(1, 3000), st.integers(1, 1000))
def test_the_longer_side_is_reduced_and_the_other_in_proportion(height, width, longer_side):
    new = reduced_size(height, width, longer_side)
    longer = max(height, width)
    if longer <= longer_side:
        assert new == (height, width)
        return
    assert max(new) == longer_side
    for after, before in zip(new, (height, width), strict=True):
        assert abs(after - max(1, before * longer_side / longer)) <= 0.5 + 1e-9
        assert after >= 1


@pytest.mark.parametrize("size", [(12, 20), (20, 12), (16, 16)])
def test_pixels_become_the_means_of_those_they_cover(size):
    frame = np.random.default_rng(0).integers(0, 256, (*size, 3)).astype(np.uint8)
    reduced = reduce_frame(frame, max(size) // 4)
    blocks = frame.reshape(size[0] // 4, 4, size[1] // 4, 4, 3).astype(float)
    assert reduced.dtype == np.uint8
    np.testing.assert_allclose(reduced, blocks.mean((1, 3)), atol=0.51)


def test_a_frame_that_is_not_larger_stays_as_it_is():
    frame = np.zeros((5, 9, 3), np.uint8)
    for longer_side in (9, 10, np.inf):
        assert reduce_frame(frame, longer_side) is frame
    assert reduce_frame(frame, 8).shape == (4, 8, 3)
    assert reduce_frame(frame.transpose(1, 0, 2), 8).shape == (8, 4, 3)

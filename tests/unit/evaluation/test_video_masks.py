import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mcnn.evaluation.video_masks import (
    contour,
    contour_accuracy,
    region_similarity,
    statistics,
)

SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 9))
PAIRS = SHAPES.flatmap(lambda shape: st.tuples(arrays(bool, shape), arrays(bool, shape)))


def points(mask):
    """Pixels of the contour, one by one."""
    height, width = mask.shape
    return {
        (y, x)
        for y in range(height)
        for x in range(width)
        for ny, nx in [(y, x + 1), (y + 1, x), (y + 1, x + 1)]
        if mask[y, x] != mask[min(ny, height - 1), min(nx, width - 1)]
    }


def matched(mine, others, distance):
    near = [min(math.dist(p, q) for q in others) <= distance for p in mine]
    return sum(near) / len(near)


@settings(deadline=None)
@given(PAIRS)
def test_contours_match_as_their_points_do(pair):
    mask, truth = pair
    found, wanted = points(mask), points(truth)
    assert set(zip(*np.nonzero(contour(mask)), strict=True)) == found
    if not found or not wanted:
        assert contour_accuracy(mask, truth) == (found == wanted)
        return
    # 0.008 of a diagonal of at most 13 pixels, rounded up.
    precision, recall = matched(found, wanted, 1), matched(wanted, found, 1)
    expected = 2 * precision * recall / (precision + recall) if precision + recall else 0
    assert contour_accuracy(mask, truth) == pytest.approx(expected)


@pytest.mark.parametrize(("shift", "expected"), [(0, 1.0), (8, 1.0), (9, 0.0)])
def test_a_contour_may_be_off_by_a_share_of_the_diagonal(shift, expected):
    # A frame of DAVIS has a diagonal of 980 pixels: 8 may lie between straight contours.
    truth = np.zeros((480, 854), bool)
    truth[:, 400:] = True
    mask = np.roll(truth, shift, axis=1)
    mask[:, :shift] = False
    assert contour_accuracy(mask, truth) == pytest.approx(expected)


@given(PAIRS)
def test_regions_are_as_similar_as_their_pixels(pair):
    mask, truth = (set(zip(*np.nonzero(each), strict=True)) for each in pair)
    expected = len(mask & truth) / len(mask | truth) if mask | truth else 1
    assert region_similarity(*pair) == pytest.approx(expected)


def test_statistics_of_a_sequence_that_gets_worse():
    scores = np.array([0.9] * 5 + [0.6] * 6 + [0.5] * 6 + [0.1] * 5)
    found = statistics(scores)
    assert found.mean == pytest.approx(scores.mean())
    assert found.recall == 11 / 22
    # Quarters of 22 frames end at 6, 12, 17 and 22, and share their ends.
    assert found.decay == pytest.approx((5 * 0.9 + 0.6) / 6 - (5 * 0.1 + 0.5) / 6)

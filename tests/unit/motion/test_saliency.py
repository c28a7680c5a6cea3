import heapq

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcnn.motion.saliency import barrier_distance, colour_saliency, motion_saliency


def by_search(values):
    """The best barrier over all paths from the border, by the paths' lowest values.

    For each lowest value that a path may have, the least highest value is a bottleneck path.
    """
    best = np.full(values.shape, np.inf)
    border = np.ones(values.shape, bool)
    border[1:-1, 1:-1] = False
    for lowest in np.unique(values):
        highest = np.full(values.shape, np.inf)
        queue = [(values[p], p) for p in zip(*np.nonzero(border & (values >= lowest)), strict=True)]
        heapq.heapify(queue)
        while queue:
            high, (y, x) = heapq.heappop(queue)
            if high >= highest[y, x]:
                continue
            highest[y, x] = high
            for v, u in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                inside = 0 <= v < values.shape[0] and 0 <= u < values.shape[1]
                if inside and values[v, u] >= lowest:
                    heapq.heappush(queue, (max(high, values[v, u]), (v, u)))
        best = np.minimum(best, highest - lowest)
    return np.where(border, 0, best)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_the_distance_is_a_path_and_seldom_longer_than_the_best(seed):
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 6, (7, 9)).astype(np.float32)
    found = barrier_distance(values[..., None])
    exact = by_search(values)
    assert (found >= exact).all()
    assert (found == exact).mean() > 0.8
    np.testing.assert_array_equal(found[[0, -1]], 0)


def test_channels_are_summed():
    values = np.random.default_rng(0).random((9, 11, 3)).astype(np.float32)
    single = [barrier_distance(values[..., k : k + 1]) for k in range(3)]
    np.testing.assert_allclose(barrier_distance(values), sum(single), rtol=1e-6)


def test_a_path_that_turns_back_is_found_by_scans_in_both_directions():
    """In from the top, down at the right, and back to the left at the bottom."""
    corridor = np.full((9, 9, 1), 5, np.float32)
    corridor[:2, 1] = corridor[1, 1:8] = corridor[1:8, 7] = corridor[7, 1:8] = 0
    found = barrier_distance(corridor)
    assert found[7, 1] == 0
    assert found[4, 1] == found[4, 4] == 0  # By the border's own value.
    walled = corridor.copy()
    walled[4, 7] = 5
    assert barrier_distance(walled)[7, 1] == 5


def ground(height=80, width=120):
    return np.zeros((height, width, 2), np.float32)


def test_what_moves_for_itself_is_salient_whatever_its_speed():
    for speed in (1, 5, 40):
        motion = ground()
        motion[30:50, 40:70] = (speed, -speed)
        found = motion_saliency(motion)
        assert found.dtype == np.float32
        assert found.shape == (80, 120)
        assert found[34:46, 44:66].min() > 0.95
        outside = np.ones((80, 120), bool)
        outside[24:56, 34:76] = False
        assert found[outside].max() < 0.05


def test_motion_below_half_a_pixel_is_less_salient():
    motion = ground()
    motion[30:50, 40:70, 0] = 0.25
    assert motion_saliency(motion)[40, 55] == pytest.approx(0.5, abs=0.01)


def test_what_moves_with_the_border_is_half_as_salient():
    """By its length alone: its motion is connected to the border."""
    motion = ground()
    motion[:, 50:70, 0] = 4
    assert motion_saliency(motion)[40, 60] == pytest.approx(0.5, abs=0.01)


def test_the_rim_counts_nothing():
    motion = np.random.default_rng(0).normal(0, 9, (80, 120, 2)).astype(np.float32)
    found = motion_saliency(motion)
    assert found[:6].max() == found[-6:].max() == found[:, :6].max() == found[:, -6:].max() == 0
    wide = motion_saliency(np.tile(motion, (7, 7, 1)))
    assert wide[:15].max() == 0
    assert wide[20:40].max() > 0


def test_colours_that_the_border_does_not_have_are_salient():
    image = np.full((80, 120, 3), (60, 120, 60), np.uint8)
    image[:, :30] = (50, 60, 200)
    image[30:50, 60:90] = (200, 60, 40)
    found = colour_saliency(image)
    assert found[34:46, 64:86].min() > 0.95
    assert found[:, :28].max() == 0
    assert found[:25].max() == 0


def test_little_contrast_is_little_saliency():
    image = np.full((80, 120, 3), 100, np.uint8)
    image[30:50, 60:90] = 102
    assert 0 < colour_saliency(image)[40, 75] < 0.35

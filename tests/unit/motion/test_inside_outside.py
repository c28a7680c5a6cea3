import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mcnn.motion.inside_outside import frame_quality, inside_votes

DIRECTIONS = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if (dy, dx) != (0, 0)]


def crossings(boundary, y, x, dy, dx):
    """Runs of boundary pixels on a ray, and slips between two of them on a diagonal."""
    height, width = boundary.shape
    count, previous = 0, False
    while 0 <= y + dy < height and 0 <= x + dx < width:
        slip = dy != 0 and dx != 0 and boundary[y + dy, x] and boundary[y, x + dx]
        y, x = y + dy, x + dx
        here = boundary[y, x]
        if here and not previous:
            count += 1
        if slip and not here and not previous:
            count += 1
        previous = here
    return count


def brute_force(boundary):
    votes = np.zeros(boundary.shape, int)
    for y, x in np.argwhere(~boundary):
        votes[y, x] = sum(crossings(boundary, y, x, *d) % 2 for d in DIRECTIONS)
    return votes


@settings(max_examples=150)
@given(st.tuples(st.integers(1, 11), st.integers(1, 11)).flatmap(lambda shape: arrays(bool, shape)))
def test_votes_are_those_of_rays_walked_one_by_one(boundary):
    np.testing.assert_array_equal(inside_votes(boundary), brute_force(boundary))


def test_a_ring_has_an_inside():
    y, x = np.mgrid[0:60, 0:80]
    radius = np.hypot(y - 30, x - 40)
    votes = inside_votes((radius > 18) & (radius < 20))
    assert (votes[radius < 17] > 4).all()
    assert (votes[radius > 21] <= 4).all()
    assert (votes[(radius > 18) & (radius < 20)] == 0).all()


def test_a_thin_diamond_keeps_diagonal_rays_in():
    y, x = np.mgrid[0:21, 0:21]
    distance = abs(y - 10) + abs(x - 10)
    votes = inside_votes(distance == 7)
    assert (votes[distance < 7] == 8).all()


def test_quality_prefers_the_compact():
    compact, spread = np.zeros((2, 30, 30), bool)
    compact[10:14, 10:14] = True
    spread[::8, ::8] = True
    assert frame_quality(compact) > frame_quality(spread) > 0
    # 16 pixels, variance (16 - 1) / 12 along both sides.
    assert np.isclose(frame_quality(compact), 16 / (2 * 1.25**2))
    assert frame_quality(np.zeros((4, 4), bool)) == 0

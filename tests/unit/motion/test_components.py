import numpy as np
import pytest

from mcnn.motion.components import boundary_contrast, drop_weak, regions
from mcnn.motion.superpixels import Links, describe

COUNT = 10


def shot(length):
    """Frames of ten superpixels in a row, 20 x 20 pixels each, that go straight on."""
    labels = np.kron(np.arange(COUNT)[None], np.ones((20, 20))).astype(np.int32)
    frame = describe(np.zeros((*labels.shape, 3), np.uint8), labels)
    every = np.arange(COUNT)
    return [frame] * length, [Links(every, every, np.ones(COUNT))] * (length - 1)


def row(text):
    return np.array([c == "#" for c in text])


def test_regions_are_connected_in_a_frame_and_along_the_flow():
    frames, links = shot(3)
    labels = [row("##..#....."), row("....##...."), row("##........")]
    found = regions(frames, links, labels).reshape(3, COUNT)
    assert (found[~np.array(labels)] == -1).all()
    # The first two in the first and in the last frame are not connected: a frame is between them.
    assert found[0, 0] == found[0, 1] != found[2, 0] == found[2, 1]
    assert found[0, 4] == found[1, 4] == found[1, 5]
    assert len(np.unique(found[np.array(labels)])) == 3


@pytest.mark.parametrize(("overlap", "count"), [(0.29, 2), (0.31, 1)])
def test_a_link_of_little_overlap_connects_nothing(overlap, count):
    frames, _ = shot(2)
    links = [Links(np.array([0]), np.array([0]), np.array([overlap]))]
    assert regions(frames, links, [row("#.........")] * 2).max() + 1 == count


def dropped(labels, motion, least=0.3):
    frames, links = shot(len(labels))
    labels = [row(text) for text in labels]
    found = drop_weak(frames, links, labels, motion, least)
    return ["".join("#" if on else "." for on in each) for each in found]


def test_a_region_that_is_weak_beside_another_is_dropped():
    labels = ["##....##.."] * 2 + ["##........"] * 8
    motion = [np.ones(COUNT)] * 10
    # Two frames beside ten.
    assert dropped(labels, motion) == ["##........"] * 10
    assert dropped(labels, motion, 0.19) == labels


def test_weak_motion_counts_less():
    labels = ["##....##.."] * 4
    motion = [np.where(np.arange(COUNT) < 4, 1, 0.25)] * 4
    assert dropped(labels, motion) == ["##........"] * 4
    assert dropped(labels, [np.sqrt(m) for m in motion]) == labels


def test_what_comes_before_or_after_is_no_rival():
    labels = ["##........"] * 2 + [".........."] + ["....##...."] * 9
    assert dropped(labels, [np.ones(COUNT)] * 12) == labels
    # Nor is what is there in half of its frames.
    labels = ["##........"] + ["##..##...."] + ["....##...."] * 9
    assert dropped(labels, [np.ones(COUNT)] * 11) == labels


def test_one_region_or_none_stays():
    for labels in (["##........"] * 2, [".........."] * 2):
        assert dropped(labels, [np.zeros(COUNT)] * 2) == labels


def test_small_regions_count_by_their_area():
    frames, links = shot(2)
    labels = np.ascontiguousarray(frames[0].labels[:4, ::5])
    small = [describe(np.zeros((4, 40, 3), np.uint8), labels)] * 2
    labels = [row("##....#...")] * 2
    # 16 x 2 pixels against 16: both are below 300, and half is enough.
    kept = drop_weak(small, links, labels, [np.ones(COUNT)] * 2, 0.45)
    np.testing.assert_array_equal(kept, labels)
    kept = drop_weak(small, links, labels, [np.ones(COUNT)] * 2, 0.55)
    np.testing.assert_array_equal(kept, [row("##........")] * 2)


def test_contrast_of_the_boundary_by_hand():
    frames, _ = shot(3)
    motion = np.zeros((COUNT, 2))
    motion[4:] = (3, 4)
    labels = [row("####......")] * 3
    # One of nine pairs of neighbours differs, by 5.
    expected = 5 / (5 / 9 + 0.02)
    assert boundary_contrast(frames, [motion, motion], labels) == pytest.approx(expected)
    away = [row(".........."), row("##########"), row("#.........")]
    assert boundary_contrast(frames, [motion, None, motion], away) == 0

import numpy as np
import pytest
from moving import moving_disc

from mcnn.colocalization.shot import localize_shot
from mcnn.config.colocalization import Colocalization
from mcnn.evaluation.corloc import matches
from mcnn.imaging.boxes import box_of

SETTINGS = Colocalization(superpixels=400, window=6)


class Oracle:
    """Is sure of the left half of a red disc and of little else.

    It notes how many frames it is shown at a time.
    """

    def __init__(self, certainty=0.9, blind=()):
        self.certainty, self.blind, self.calls = certainty, blind, []

    def __call__(self, images):
        start = sum(self.calls)
        self.calls.append(len(images))
        found = np.zeros((len(images), 3, *images.shape[1:3]), np.float32)
        found[:, 2] = min(0.3, self.certainty)
        for k, image in enumerate(images):
            disc = image[..., 0].astype(int) - image[..., 1] > 60
            columns = np.flatnonzero(disc.any(0))
            disc[:, int(columns.mean()) :] = False
            if start + k in self.blind:
                disc[:] = False
            found[k, 2][disc] = self.certainty
        found[:, 0] = 1 - found[:, 1] - found[:, 2]
        return found


def localize(frames, network, numbers=None, settings=SETTINGS, **options):
    numbers = range(len(frames)) if numbers is None else numbers
    return list(localize_shot(iter(frames), numbers, {"disc": 2}, network, settings, **options))


def right(found, masks):
    boxes = np.array([item.box or [np.nan] * 4 for item in found])
    return matches(boxes, np.array([box_of(mask) for mask in masks]))


def test_colours_complete_what_the_network_sees_in_part():
    frames, masks = moving_disc(14)
    found = localize(frames, Oracle())
    assert [item.frame for item in found] == list(range(14))
    assert right(found, masks).all()
    # Half of the disc's box would be no match.
    assert all(item.mask.sum() > 0.8 * mask.sum() for item, mask in zip(found, masks, strict=True))
    assert {item.tag for item in found} == {"disc"}
    assert all(0.3 < item.score < 0.9 for item in found)


def test_a_frame_in_which_the_network_is_blind_borrows_the_colours_of_the_others():
    frames, masks = moving_disc(6)
    found = localize(frames, Oracle(blind={2, 3}))
    assert right(found, masks).all()


def test_nothing_is_found_where_nothing_is_likely():
    frames, _ = moving_disc(4)
    found = localize(frames, Oracle(certainty=0.1))
    assert [item.box for item in found] == [None] * 4
    assert all(np.isnan(item.score) and not item.mask.any() for item in found)


def test_boxes_are_in_pixels_of_the_frame_whatever_the_size_they_are_found_in():
    small, masks = moving_disc(5)
    frames = [np.kron(frame, np.ones((2, 2, 1), np.uint8)) for frame in small]
    masks = [np.kron(mask, np.ones((2, 2), bool)) for mask in masks]
    settings = Colocalization(superpixels=400, longer_side=160)
    found = localize(frames, Oracle(), settings=settings)
    assert found[0].mask.shape == (120, 160)
    assert found[0].size == (240, 320)
    assert right(found, masks).all()


def test_frames_are_taken_a_window_at_a_time():
    frames, _ = moving_disc(14)
    taken = []

    def counted():
        for frame in frames:
            taken.append(len(taken))
            yield frame

    oracle = Oracle()
    found = localize_shot(counted(), range(14), {"disc": 2}, oracle, SETTINGS)
    next(found)
    # Three windows of 5, 5 and 4 frames, and batches of four.
    assert len(taken) == 5
    assert len(list(found)) == 13
    assert oracle.calls == [4, 1, 4, 1, 4]


def test_threads_do_not_change_the_result():
    frames, _ = moving_disc(8)
    one, two = (localize(frames, Oracle(), threads=threads) for threads in (1, 2))
    for first, second in zip(one, two, strict=True):
        assert first.box == second.box
        np.testing.assert_array_equal(first.mask, second.mask)


def test_classes_are_independent():
    frames, _ = moving_disc(4)
    alone = localize(frames, Oracle())
    both = localize_shot(iter(frames), range(4), {"cat": 1, "disc": 2}, Oracle(), SETTINGS)
    both = list(both)
    assert [item.tag for item in both] == ["cat", "disc"] * 4
    assert [item.box for item in both[1::2]] == [item.box for item in alone]
    assert [item.box for item in both[::2]] == [None] * 4


@pytest.mark.parametrize("weight", ["alpha", "lambda"])
def test_weights_count(weight):
    frames, _ = moving_disc(3)
    masks = [
        localize(frames, Oracle(), settings=Colocalization.model_validate({weight: value}))
        for value in (0.0, 500.0)
    ]
    assert (masks[0][0].mask != masks[1][0].mask).any()

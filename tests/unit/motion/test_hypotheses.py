from dataclasses import replace

import numpy as np
import pytest
from tiles import SIDE, shot

from mcnn.config.motion import MotionSegmentation
from mcnn.motion import hypotheses
from mcnn.motion.hypotheses import keep_likely, outdoes


def first(tiles, before=0):
    """Labels of a frame: so many tiles after so many others."""
    labels = np.zeros(SIDE * SIDE, bool)
    labels[before : before + tiles] = True
    return labels


@pytest.mark.parametrize(
    ("ours", "theirs", "needed"),
    [
        (first(100), first(46), 1.6),
        (first(100), first(44), 4),
        (first(46), first(100), 1.6),
        (first(44), first(100), 4),
        (first(100), first(100, before=50), 1.6),
        (first(100), first(100, before=60), 4),
        (first(0), first(10), 4),
        (first(0), first(0), 1.6),
    ],
)
@pytest.mark.parametrize("contrast", [0, 0.5, 0.74, 0.76, 5])
def test_much_more_contrast_is_needed_and_far_more_by_what_has_little_in_common(
    monkeypatch, ours, theirs, needed, contrast
):
    (frame,), *_ = shot(1)
    motions = [np.zeros((SIDE * SIDE, 2))]
    for factor, better in ((0.99, False), (1.01, contrast > 0 or needed == 4)):
        least = needed * contrast if needed == 1.6 else max(needed * contrast, 3)
        answers = [contrast, factor * least]
        shown = []

        def boundary_contrast(frames, given, labels, answers=answers, shown=shown):
            assert given is motions
            shown.append(labels[0])
            return answers[len(shown) - 1]

        monkeypatch.setattr(hypotheses, "boundary_contrast", boundary_contrast)
        assert outdoes([frame], motions, [theirs], [ours]) == better
        np.testing.assert_array_equal(shown, [ours, theirs])


def test_masks_are_akin_by_area(monkeypatch):
    (frame,), *_ = shot(1)
    ours, theirs = first(100), first(100, before=50)
    monkeypatch.setattr(
        hypotheses, "boundary_contrast", lambda _, __, labels: 1 if labels[0][0] else 2
    )
    for area, better in ((16, True), (8, False)):
        sizes = np.where(ours & theirs, area, 16)
        assert outdoes([replace(frame, sizes=sizes)], [None], [theirs], [ours]) == better


@pytest.mark.parametrize(("without", "heeded"), [(2, True), (3, False)])
def test_what_another_hypothesis_does_without_needs_the_colours_of_the_foreground(without, heeded):
    """4 of 20 tiles have the ground's colours; the other hypothesis lacks them, and red ones."""
    frames, _, inside = shot(4)
    ground = np.zeros((SIDE, SIDE), bool)
    ground[12, 8:12] = True
    given = inside | ground.ravel()
    surer = inside.copy()
    surer[np.flatnonzero(inside)[:without]] = False
    found = keep_likely(frames, [given] * 4, [surer] * 4, MotionSegmentation())
    # It counts from 14 tiles, 0.7 of them, that both have.
    for labels in found:
        np.testing.assert_array_equal(labels, inside if heeded else given)


def test_hypotheses_agree_by_area():
    """12 of 17 tiles are agreed on: nearly all of the area, or little of it."""
    (frame,), _, inside = shot(1)
    given = inside.copy()
    given[0] = True
    surer = inside.copy()
    surer[np.flatnonzero(inside)[:4]] = False
    for area, heeded in ((1, True), (100, False)):
        sizes = np.where(given & ~surer, area, 16)
        (labels,) = keep_likely(
            [replace(frame, sizes=sizes)], [given], [surer], MotionSegmentation()
        )
        np.testing.assert_array_equal(labels, inside if heeded else given)


def test_what_the_other_hypothesis_has_besides_is_not_added():
    frames, _, inside = shot(4)
    more = np.ones_like(inside)
    more[0] = False
    for labels in keep_likely(frames, [inside] * 4, [more] * 4, MotionSegmentation()):
        np.testing.assert_array_equal(labels, inside)


def test_doubts_of_a_hypothesis_without_foreground_or_background_do_not_count():
    frames, _, inside = shot(1)
    for other in (np.zeros_like(inside), np.ones_like(inside)):
        (found,) = keep_likely(frames, [inside], [other], MotionSegmentation())
        np.testing.assert_array_equal(found, inside)

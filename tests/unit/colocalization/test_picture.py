import numpy as np

import mcnn.colocalization.picture as picture
from mcnn.colocalization.picture import TRUTH_COLOUR, Row, draw_localized, sheet
from mcnn.imaging.boxes import Box
from mcnn.imaging.drawing import COLOUR

GREY = np.full((40, 60, 3), 100, np.uint8)
OURS, THEIRS = Box(10, 5, 30, 21), Box(32, 22, 58, 38)


def frame_of(box):
    """Pixels on the inner edge of a box."""
    x0, y0, x1, y1 = (int(value) for value in box)
    edge = np.zeros(GREY.shape[:2], bool)
    edge[y0:y1, x0:x1] = True
    edge[y0 + 1 : y1 - 1, x0 + 1 : x1 - 1] = False
    return edge


def test_boxes_are_drawn_on_their_outermost_pixels():
    drawn = draw_localized(GREY, None, OURS, [THEIRS])
    np.testing.assert_array_equal((drawn == COLOUR).all(2), frame_of(OURS))
    np.testing.assert_array_equal((drawn == TRUTH_COLOUR).all(2), frame_of(THEIRS))
    np.testing.assert_array_equal((drawn != GREY).any(2), frame_of(OURS) | frame_of(THEIRS))
    assert (GREY == 100).all()


def test_a_segmentation_is_drawn_at_the_size_of_the_frame():
    mask = np.zeros((10, 30), bool)
    mask[2:5, 4:9] = True
    drawn = draw_localized(GREY, mask, None)
    expected = np.zeros((40, 60), bool)
    expected[8:20, 8:18] = True
    np.testing.assert_array_equal((drawn != GREY).any(2), expected)
    assert draw_localized(GREY, None, None) is not GREY


def test_a_row_is_the_truth_the_motion_mask_and_ours(monkeypatch):
    calls = []
    monkeypatch.setattr(
        picture, "contact_sheet", lambda *args, columns: calls.append((*args, columns))
    )
    mask, motion = np.zeros((2, 40, 60), bool)
    mask[5:21, 10:30], motion[20:, 40:] = True, True
    truth = np.array([THEIRS])
    rows = [
        Row("first", GREY, mask, OURS, motion, Box(40, 20, 60, 40), truth),
        Row("second", GREY // 2, mask, None),
    ]
    sheet(rows, "cow")
    sheet(rows[1:], "cow")
    (tiles, titles, columns), (fewer, shorter, two) = calls
    assert (columns, two) == (3, 2)
    assert titles == ["first", "motion mask", "cow", "second", "no motion mask", "no cow found"]
    assert shorter == ["second", "no cow found"]
    expected = [
        draw_localized(GREY, None, None, [THEIRS]),
        draw_localized(GREY, motion, Box(40, 20, 60, 40)),
        draw_localized(GREY, mask, OURS),
        GREY // 2,
        GREY // 2,
        draw_localized(GREY // 2, mask, None),
    ]
    for tile, other in zip([*tiles, *fewer], [*expected, *expected[3::2]], strict=True):
        np.testing.assert_array_equal(tile, other)

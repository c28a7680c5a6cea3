import cv2
import numpy as np
import pytest
from moving import moving_disc

from mcnn.imaging.drawing import (
    COLOUR,
    TILE_WIDTH,
    contact_sheet,
    spread,
    tint,
    write_overlay_video,
)


def test_tint_leaves_the_background_and_marks_the_foreground():
    frame = np.full((40, 60, 3), 100, np.uint8)
    mask = np.zeros((40, 60), bool)
    mask[10:30, 20:50] = True
    picture = tint(frame, mask)
    np.testing.assert_array_equal(picture[~mask], frame[~mask])
    np.testing.assert_array_equal(picture[10, 20:50], [COLOUR] * 30)
    np.testing.assert_array_equal(picture[20, 30], [int(55 + 0.45 * c) for c in COLOUR])
    assert (frame == 100).all()


def test_tint_of_an_empty_mask_is_the_frame():
    frame = np.arange(300, dtype=np.uint8).reshape(10, 10, 3)
    np.testing.assert_array_equal(tint(frame, np.zeros((10, 10), bool)), frame)


def test_contact_sheet_holds_all_frames_of_any_size():
    frames = [np.full((h, w, 3), 200, np.uint8) for h, w in ((30, 40), (40, 30), (20, 90))]
    sheet = contact_sheet(frames, ["a", "b", "c"], columns=2)
    assert sheet.shape[1] == 2 * TILE_WIDTH
    assert sheet.shape[0] % 2 == 0
    half = len(sheet) // 2
    assert (sheet[half - 1, TILE_WIDTH + 10] == 200).all()
    assert not sheet[half:, TILE_WIDTH:].any()


def test_overlay_video_has_all_frames(tmp_path):
    frames, _ = moving_disc(7)
    write_overlay_video(iter(frames), tmp_path / "o.mp4", 12.5)
    capture = cv2.VideoCapture(str(tmp_path / "o.mp4"))
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(12.5)
    decoded = []
    while (item := capture.read())[0]:
        decoded.append(item[1][..., ::-1])
    assert len(decoded) == 7
    assert np.abs(decoded[3].astype(int) - frames[3]).mean() < 15


@pytest.mark.parametrize(("count", "length"), [(1, 1), (4, 9), (16, 16), (16, 3)])
def test_spread_is_even_and_within(count, length):
    chosen = list(spread(count, length))
    assert len(chosen) == min(count, length)
    assert chosen == sorted(set(chosen))
    assert 0 <= chosen[0] <= length - 1 - chosen[-1] + 1
    assert chosen[-1] < length

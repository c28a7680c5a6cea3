import subprocess
import sys
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moving import moving_disc
from scipy.ndimage import binary_erosion

from mcnn.errors import DataError
from mcnn.imaging.drawing import (
    COLOUR,
    TILE_WIDTH,
    contact_sheet,
    spread,
    tint,
    write_overlay_video,
)


def test_tint_blends_the_foreground_and_draws_its_outlines():
    frame = np.random.default_rng(0).integers(0, 256, (40, 60, 3)).astype(np.uint8)
    before = frame.copy()
    mask = np.zeros((40, 60), bool)
    mask[10:30, 20:60] = True
    mask[15:22, 30:41] = False
    inside = binary_erosion(mask)
    for colour in (COLOUR, (10, 20, 250)):
        picture = tint(frame, mask, colour)
        np.testing.assert_array_equal(picture[~mask], frame[~mask])
        np.testing.assert_array_equal(picture[mask & ~inside], [colour] * (mask & ~inside).sum())
        blended = np.floor(0.55 * frame[inside] + 0.45 * np.array(colour) + 1e-9)
        np.testing.assert_array_equal(picture[inside], blended)
    np.testing.assert_array_equal(tint(frame, mask), tint(frame, mask, COLOUR))
    np.testing.assert_array_equal(frame, before)


def test_outlines_of_large_frames_are_thicker():
    mask = np.zeros((100, 1200), bool)
    mask[30:70, 300:450] = True
    for width, least, most in ((590, 1, 1), (1200, 3, 5)):
        picture = tint(np.zeros((100, width, 3), np.uint8), mask[:, :width])
        outline = (picture[20:40, 380] == COLOUR).all(1)
        assert outline[10]
        assert least <= outline.sum() <= most


def test_tint_of_an_empty_mask_is_the_frame():
    frame = np.arange(300, dtype=np.uint8).reshape(10, 10, 3)
    np.testing.assert_array_equal(tint(frame, np.zeros((10, 10), bool)), frame)


def test_a_contact_sheet_holds_all_frames_in_rows_under_their_titles():
    sizes, greys = ((30, 40), (40, 30), (20, 90)), (200, 150, 100)
    frames = [np.full((*size, 3), grey, np.uint8) for size, grey in zip(sizes, greys, strict=True)]
    sheet = contact_sheet(frames, ["a", "", "c"], columns=2)
    # The second frame is the highest: 320 x 427 pixels below a strip of 22.
    assert sheet.shape == (2 * (22 + 427), 2 * TILE_WIDTH, 3)
    tiles = [sheet[:449, :320], sheet[:449, 320:], sheet[449:, :320], sheet[449:, 320:]]
    for tile, grey, height in zip(tiles, greys, (240, 427, 71), strict=False):
        assert (tile[22 : 22 + height] == grey).all()
        assert not tile[22 + height :].any()
    assert [bool(tile[:22].any()) for tile in tiles] == [True, False, True, False]
    assert not tiles[3].any()
    assert contact_sheet(frames[:1], ["a"]).shape == (22 + 240, 4 * TILE_WIDTH, 3)
    with pytest.raises(ValueError, match="zip"):
        contact_sheet(frames, ["a"])


def test_an_overlay_video_has_all_frames_in_their_colours(tmp_path):
    frames, _ = moving_disc(7)
    write_overlay_video(iter(frames), tmp_path / "o.mp4", 12.5)
    capture = cv2.VideoCapture(str(tmp_path / "o.mp4"))
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(12.5)
    decoded = []
    while (item := capture.read())[0]:
        decoded.append(item[1][..., ::-1])
    assert len(decoded) == 7
    for ours, frame in zip(decoded, frames, strict=True):
        assert ours.shape == frame.shape
        assert np.abs(ours.astype(int) - frame).mean() < 12
        assert np.abs(ours.mean((0, 1)) - frame.mean((0, 1))).max() < 4


def test_a_video_that_cannot_be_written_is_named(tmp_path):
    path = tmp_path / "absent" / "o.mp4"
    with pytest.raises(DataError, match=r"o\.mp4: OpenCV cannot write this video"):
        write_overlay_video(moving_disc(1)[0], path, 10)


TOO_LONG = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from mcnn.errors import DataError
from mcnn.imaging.drawing import write_overlay_video
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
frames = np.random.default_rng(0).integers(0, 255, (30, 240, 320, 3), np.uint8)
try:
    write_overlay_video(frames, Path(sys.argv[1]), 10)
except DataError as error:
    print(error)
"""


def test_nothing_but_the_error_is_written_about_a_video_without_room(tmp_path):
    command = [sys.executable, "-c", TOO_LONG, str(tmp_path / "o.mp4")]
    outcome = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "o.mp4: the video cannot be written. Remedy: make room" in outcome.stdout
    assert outcome.stderr == ""


@given(st.integers(1, 40), st.integers(1, 400))
def test_positions_are_the_middles_of_equal_parts(count, length):
    chosen = list(spread(count, length))
    count = min(count, length)
    middles = (np.arange(count) + 0.5) * length / count
    assert chosen == np.floor(middles + 1e-9).tolist()
    assert all(first < second for first, second in pairwise(chosen))
    assert 0 <= chosen[0] <= chosen[-1] < length

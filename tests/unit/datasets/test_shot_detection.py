import tracemalloc
from itertools import chain

import cv2
import numpy as np
import pytest
from trees import picture, write_image, write_video

from mcnn.datasets.shot_detection import detect_shots
from mcnn.errors import DataError

SIZE = (90, 160)


def scene(seed, size=(360, 1600)):
    """A large still: random shapes in a few colours of its own on a smooth ground."""
    rng = np.random.default_rng(seed)
    image = picture(seed, size)
    for _ in range(150):
        x, y, radius = rng.integers(0, (size[1], size[0], 60))
        colour = rng.integers(0, 5) * 16 + rng.integers(0, 170, 3)
        cv2.circle(image, (int(x), int(y)), 5 + int(radius), colour.tolist(), -1)
    return image


def pan(seed, count, speed=2, start=0):
    """A camera that moves over a scene, a bit unsteadily."""
    image = scene(seed)
    rng = np.random.default_rng(seed)
    for i in range(count):
        x = start + i * speed + int(rng.integers(0, 2))
        y = 100 + int(rng.integers(0, 2))
        noise = rng.normal(0, 3, (*SIZE, 3))
        crop = image[y : y + SIZE[0], x : x + SIZE[1]]
        yield np.clip(crop + noise, 0, 255).astype(np.uint8)


def joined(lengths):
    return chain.from_iterable(pan(seed, length) for seed, length in enumerate(lengths))


def bounds(lengths):
    ends = np.cumsum(lengths)
    return [(int(end) - length, int(end) - 1) for end, length in zip(ends, lengths, strict=True)]


def lit(frame, gain):
    return np.clip(frame * gain + 40, 0, 255).astype(np.uint8)


LENGTHS = [30, 12, 8, 25, 6, 40, 17, 5, 9, 21]


def test_hard_cuts_are_found_to_the_frame():
    assert detect_shots(joined(LENGTHS)) == bounds(LENGTHS)


def test_of_grey_frames_too():
    grey = (cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in joined(LENGTHS))
    shots = detect_shots(cv2.cvtColor(frame, cv2.COLOR_GRAY2RGB) for frame in grey)
    assert shots == bounds(LENGTHS)


@pytest.mark.parametrize("suffix", ["mp4", "avi"])
def test_in_video_files(tmp_path, suffix):
    codec = {"mp4": "mp4v", "avi": "MJPG"}[suffix]
    path = write_video(tmp_path / f"clip.{suffix}", list(joined(LENGTHS)), codec)
    assert detect_shots(path) == bounds(LENGTHS)


def test_in_folders_of_frames(tmp_path):
    for i, frame in enumerate(joined([9, 7])):
        write_image(tmp_path / f"{i}.jpg", frame)
    assert detect_shots(str(tmp_path)) == [(0, 8), (9, 15)]


@pytest.mark.parametrize("speed", [0, 1, 4, 10, 20, 40])
def test_camera_motion_is_no_cut(speed):
    assert detect_shots(pan(3, 34, speed)) == [(0, 33)]


def test_sudden_camera_motion_is_no_cut():
    still, fast = list(pan(3, 15, 0)), list(pan(3, 20, 40))
    assert detect_shots([*still, *fast]) == [(0, 34)]
    assert detect_shots([*fast[::-1], *still]) == [(0, 34)]


def test_a_cut_between_fast_shots():
    shots = detect_shots(chain(pan(3, 30, 20), pan(4, 30, 20)))
    assert shots == [(0, 29), (30, 59)]


@pytest.mark.parametrize("gains", [[3.0], [1.6], [2.5, 1.8], [2.5, 1.8, 1.3], [0.0]])
@pytest.mark.parametrize("speed", [0, 3])
def test_a_flash_is_no_cut(gains, speed):
    frames = list(pan(5, 40, speed))
    for i, gain in enumerate(gains, start=20):
        frames[i] = lit(frames[i], gain)
    assert detect_shots(frames) == [(0, 39)]


def test_a_cut_soon_after_a_flash():
    frames = list(joined([20, 20]))
    frames[12] = lit(frames[12], 3.0)
    assert detect_shots(frames) == [(0, 19), (20, 39)]


@pytest.mark.parametrize("repeats", [2, 3])
def test_repeated_frames_are_no_cuts(repeats):
    frames = [frame for frame in pan(6, 30, 8) for _ in range(repeats)]
    assert detect_shots(frames) == [(0, len(frames) - 1)]


def test_a_freeze_is_no_cut():
    frames = list(pan(6, 30, 8))
    assert detect_shots([*frames[:15], *[frames[15]] * 12, *frames[15:]]) == [(0, 41)]


def test_slides_are_shots():
    slides = [frame for seed in range(4) for frame in [next(pan(seed, 1))] * 10]
    assert detect_shots(slides) == bounds([10] * 4)


def fade(frames):
    return [(frame * (1 - i / len(frames))).astype(np.uint8) for i, frame in enumerate(frames)]


@pytest.mark.parametrize("length", [8, 20])
def test_fades_through_black_part_shots_and_black_ends_do_not(length):
    dawn = fade(list(pan(7, length)))[::-1]
    first = [*dawn, *pan(7, 20), *fade(list(pan(7, length, start=40)))]
    second = [*fade(list(pan(8, length)))[::-1], *pan(8, 20)]
    black = [np.zeros_like(first[0])] * 6
    shots = detect_shots([*black, *first, *black, *second, *fade(second[-8:]), *black])
    assert len(shots) == 2
    # The last frames of a fade are black as well.
    assert 6 + len(first) <= shots[1][0] <= 6 + len(first) + 6 + 2


@pytest.mark.parametrize("count", range(7))
def test_few_frames(count):
    assert detect_shots(pan(0, count)) == ([(0, count - 1)] if count else [])


def test_the_first_and_last_frames_may_be_shots_of_their_own():
    lengths = [4, 20, 4]
    assert detect_shots(joined(lengths)) == bounds(lengths)


@pytest.mark.parametrize(("height", "width"), [(360, 640), (480, 640), (640, 360)])
def test_bars_at_the_sides_hide_no_cut(height, width):
    def boxed(frame):
        canvas = np.zeros((640, 1138, 3), dtype=np.uint8)
        top, left = (640 - height) // 2, (1138 - width) // 2
        canvas[top : top + height, left : left + width] = cv2.resize(frame, (width, height))
        return canvas

    assert detect_shots(map(boxed, joined(LENGTHS[:4]))) == bounds(LENGTHS[:4])


def test_sizes_may_change():
    frames = [*pan(1, 10), *(cv2.resize(frame, (80, 100)) for frame in pan(2, 10))]
    assert detect_shots(frames) == [(0, 9), (10, 19)]


def test_frames_are_not_kept():
    frame_size = SIZE[0] * SIZE[1] * 3
    frames = list(pan(1, 1))

    def stream():
        for _ in range(300):
            yield frames[0].copy()

    detect_shots(stream())
    tracemalloc.start()
    detect_shots(stream())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60 * frame_size


def test_files_that_hold_no_frames_are_named(tmp_path):
    (tmp_path / "none.mp4").write_bytes(b"")
    with pytest.raises(DataError, match=r"none\.mp4.*Remedy"):
        detect_shots(tmp_path / "none.mp4")

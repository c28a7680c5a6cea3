"""Video files as people have them, and damaged ones."""

import io
import os
import subprocess
import sys
import zlib
from contextlib import suppress
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from trees import edit_mp4, encode, picture, turn_mp4, write_avi, write_coded

from mcnn.datasets.frames import read_video
from mcnn.datasets.video_files import VideoFile, count_frames, frames_per_second
from mcnn.errors import DataError

LINUX = pytest.mark.skipif(not Path("/proc/self").exists(), reason="it is measured on Linux alone")
FRAMES = [np.full((48, 64, 3), 8 * i, np.uint8) for i in range(30)]
for _frame in FRAMES:
    _frame[:16, :16] = 255, 0, 0


def check(frames, shape=(48, 64, 3)):
    """They are `FRAMES`, in their order, none doubled and none missing."""
    frames = list(frames)
    assert [frame.shape for frame in frames] == [shape] * 30
    assert {frame.dtype for frame in frames} == {np.dtype(np.uint8)}
    values = np.array([frame[-16:, -16:].mean((0, 1)) for frame in frames])
    assert np.abs(values - 8 * np.arange(30)[:, None]).max() <= 3
    return frames


CODED = {
    "AV1": ("a.mp4", "libsvtav1", "yuv420p"),
    "AV1, 10 bits": ("a.mkv", "libsvtav1", "yuv420p10le"),
    "AV1 in webm": ("a.webm", "libsvtav1", "yuv420p"),
    "H.264": ("a.mp4", "libx264", "yuv420p"),
    "H.264, 10 bits": ("a.mp4", "libx264", "yuv420p10le"),
    "H.265, 10 bits": ("a.mp4", "libx265", "yuv420p10le"),
    "H.265, 12 bits": ("a.mkv", "libx265", "yuv422p12le"),
    "VP9 with alpha": ("a.webm", "libvpx-vp9", "yuva420p"),
    "VP8": ("a.webm", "libvpx", "yuv420p"),
    "FFV1, 10 bits": ("a.mkv", "ffv1", "gbrp10le"),
    "ProRes": ("a.mov", "prores_ks", "yuv422p10le"),
    "Motion JPEG": ("a.avi", "mjpeg", "yuvj422p"),
    "PNG with alpha": ("a.mov", "png", "rgba"),
}


@pytest.mark.parametrize("name", CODED)
def test_all_frames_are_there_in_their_order(tmp_path, name):
    file, codec, pixels = CODED[name]
    path = write_coded(tmp_path / file, FRAMES, codec, pixels)
    frames = check(read_video(path))
    red = np.array([frame[:8, :8].mean((0, 1)) for frame in frames])
    assert np.abs(red - [255, 0, 0]).max() < 12
    assert count_frames(path) == 30
    with VideoFile(path) as video:
        for index, frame in zip((7, 7, 29, 3), video.frames([7, 7, 29, 3]), strict=True):
            np.testing.assert_array_equal(frame, frames[index])


@pytest.mark.parametrize("pixels", ["gray", "gray10le"])
def test_grey_frames_of_an_odd_size(tmp_path, pixels):
    frames = [np.full((77, 101, 3), 8 * i, np.uint8) for i in range(30)]
    check(read_video(write_coded(tmp_path / "a.mkv", frames, "ffv1", pixels)), (77, 101, 3))


def test_ten_bits_are_those_of_eight_and_a_fraction(tmp_path):
    smooth = [picture(i, (48, 64)) for i in range(3)]
    paths = [
        write_coded(tmp_path / f"{pixels}.mkv", smooth, "ffv1", pixels)
        for pixels in ("yuv444p", "yuv444p10le")
    ]
    for eight, ten, frame in zip(*map(read_video, paths), smooth, strict=True):
        assert np.abs(ten.astype(int) - eight).max() <= 4
        assert np.abs(ten.astype(int) - frame).mean() < 1.5


TURNS = {
    (1, 0, 0, 1): lambda image: image,
    (0, 1, -1, 0): lambda image: np.rot90(image, -1),
    (-1, 0, 0, -1): lambda image: np.rot90(image, 2),
    (0, -1, 1, 0): np.rot90,
    (-1, 0, 0, 1): np.fliplr,
    (1, 0, 0, -1): np.flipud,
    (0, 1, 1, 0): lambda image: image.swapaxes(0, 1),
    (0, -1, -1, 0): lambda image: np.rot90(image, 2).swapaxes(0, 1),
}


@pytest.mark.parametrize("matrix", TURNS)
def test_frames_are_turned_and_mirrored_as_the_file_asks(tmp_path, matrix):
    path = write_coded(tmp_path / "a.mp4", [picture(5, (48, 64))] * 3, "libx264")
    plain = list(read_video(path))
    turn_mp4(path, matrix)
    for frame, before in zip(read_video(path), plain, strict=True):
        np.testing.assert_array_equal(frame, TURNS[matrix](before))
        assert frame.flags["C_CONTIGUOUS"]


def test_frames_with_exif_are_turned(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    Image.fromarray(picture(1, (48, 64))).save(buffer, "JPEG", exif=exif)
    plain, turned = (
        next(read_video(write_avi(tmp_path / "a.avi", [image], "MJPG", (48, 64))))
        for image in (encode(picture(1, (48, 64)), "JPEG"), buffer.getvalue())
    )
    np.testing.assert_array_equal(turned, np.rot90(plain, -1))


@pytest.mark.parametrize("file", ["a.mp4", "a.mkv"])
def test_frames_at_any_times(tmp_path, file):
    gaps = np.random.default_rng(0).choice([1, 7, 40, 100, 3000], 29)
    times = np.append(0, gaps.cumsum()).tolist()
    path = write_coded(tmp_path / file, FRAMES, "libx264", times=times)
    check(read_video(path))
    assert count_frames(path) == 30


def test_the_mean_frame_rate_is_the_headers(tmp_path):
    times = [0, 10, 2000]
    path = write_coded(tmp_path / "a.mp4", FRAMES[:3], "libx264", times=times)
    assert 1 < frames_per_second(path) < 1.5
    path = write_avi(tmp_path / "a.avi", [encode(FRAMES[0], "JPEG")] * 3, "MJPG", (48, 64))
    assert frames_per_second(path) == 10
    data = path.read_bytes()
    place = data.index(b"strh") + 28
    for scale, rate, expected in ((2, 25, 12.5), (1, 999, 999), (1, 30_000, 25)):
        fields = np.array([scale, rate], "<u4").tobytes()
        path.write_bytes(data[:place] + fields + data[place + 8 :])
        assert frames_per_second(path) == expected


def test_without_a_frame_rate_it_is_25(tmp_path):
    path = write_coded(tmp_path / "a.mkv", FRAMES[:1], "ffv1")
    assert frames_per_second(path) == 10
    data = path.read_bytes()
    place = data.index(b"\x23\xe3\x83\x84")  # The frames' duration; instead, a hole.
    path.write_bytes(data[:place] + b"\xec\x86" + data[place + 2 :])
    assert frames_per_second(path) == 25


@pytest.mark.parametrize("codec", ["libx264", "libsvtav1", "libvpx-vp9"])
def test_of_truncated_files_the_first_frames_are_left_as_they_were(tmp_path, codec):
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 255, (48, 64, 3)).astype(np.uint8) for _ in range(12)]
    path = write_coded(tmp_path / "a.mkv", images, codec)
    whole = list(read_video(path))
    data = path.read_bytes()
    for share in (0.5, 0.7, 0.9):
        path.write_bytes(data[: int(len(data) * share)])
        frames = list(read_video(path))
        assert 3 <= len(frames) < 12
        for frame, expected in zip(frames, whole, strict=False):
            np.testing.assert_array_equal(frame, expected)


def jpegs(*sizes):
    return [encode(picture(i, size), "JPEG") for i, size in enumerate(sizes)]


def test_frames_end_at_one_that_does_not_decode(tmp_path):
    images = jpegs(*[(48, 64)] * 6)
    images[3] = b"no picture"
    path = write_avi(tmp_path / "a.avi", images, "MJPG", (48, 64))
    assert count_frames(path) == len(list(read_video(path))) == 3
    with (
        VideoFile(path) as video,
        pytest.raises(DataError, match=r"a\.avi: frame 3 does not decode, only 3 .*Remedy"),
    ):
        list(video.frames([2, 3]))


def test_an_empty_frame_is_none(tmp_path):
    path = write_coded(tmp_path / "a.mp4", FRAMES, "mpeg4", options={"g": "1", "b": "4M"})
    data = bytearray(path.read_bytes())
    sizes = data.index(b"stsz") + 16
    data[sizes + 40 : sizes + 44] = bytes(4)
    path.write_bytes(data)
    values = [int(frame[-8, -8, 0]) for frame in read_video(path)]
    assert len(values) == 29
    assert np.abs(np.array(values[:10]) - 8 * np.arange(10)).max() <= 3


def test_the_size_may_change_but_not_beyond_the_limit(tmp_path, monkeypatch):
    sizes = [(48, 64), (24, 32), (64, 64), (48, 64)]
    path = write_avi(tmp_path / "a.avi", jpegs(*sizes), "MJPG", (48, 64))
    assert [frame.shape[:2] for frame in read_video(path)] == sizes
    monkeypatch.setattr("mcnn.datasets.video_files.MOST_PIXELS", 48 * 64)
    assert [frame.shape[:2] for frame in read_video(path)] == sizes[:2]


PEAK = """
import pathlib, sys
from mcnn.datasets.video_files import count_frames
from mcnn.errors import DataError
def peak():
    return int(pathlib.Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
before = peak()
try:
    count_frames(sys.argv[1])
except DataError as error:
    print(error)
print((peak() - before) // 1024)
"""


@LINUX
def test_frames_that_are_declared_huge_take_no_memory(tmp_path):
    image = encode(picture(0, (48, 64)), "PNG")
    head = b"IHDR" + (12_000).to_bytes(4) * 2 + image[24:29]
    image = image[:12] + head + zlib.crc32(head).to_bytes(4) + image[33:]
    path = write_avi(tmp_path / "a.avi", [image] * 3, "MPNG", (48, 64))
    command = [sys.executable, "-c", PEAK, str(path)]
    words = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert "a.avi:" in words[0]
    assert int(words[-1]) < 100


def test_files_without_a_video_that_is_known_are_refused(tmp_path):
    unknown = write_avi(tmp_path / "unknown.avi", jpegs((48, 64)), "QQQQ", (48, 64))
    sound = tmp_path / "sound.mp4"
    with av.open(str(sound), "w") as file:
        stream = file.add_stream("aac", rate=8000, layout="mono")
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        silence.sample_rate = 8000
        file.mux([*stream.encode(silence), *stream.encode(None)])
    for path in (unknown, sound):
        with pytest.raises(DataError, match=rf"{path.name}: .* it holds none of a known codec"):
            VideoFile(path)


def test_colours_that_are_not_known_are_refused(tmp_path):
    options = {"x264-params": "colormatrix=YCgCo"}
    path = write_coded(tmp_path / "a.mp4", FRAMES[:3], "libx264", options=options)
    with pytest.raises(
        DataError, match=r"a\.mp4: the colour space of frame 0 is not known.*H\.264"
    ):
        next(read_video(path))


def test_names_may_have_a_colon_and_titles_any_bytes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = write_coded(tmp_path / "a.mp4", FRAMES, "libx264", title="caf--")
    path.write_bytes(path.read_bytes().replace(b"caf--", b"caf\xe9-"))
    path.rename("dog: %03d.mp4")
    check(read_video("dog: %03d.mp4"))


def test_nothing_is_written_about_what_does_not_decode(tmp_path, capfd):
    path = write_coded(tmp_path / "a.mp4", FRAMES, "libx264", options={"x264-params": "log=0"})
    data = edit_mp4(path, faststart=True).read_bytes()
    capfd.readouterr()
    for share in (0.2, 0.7, 0.9):
        path.write_bytes(data[: int(len(data) * share)] + b"\xff" * 500)
        for _ in range(2):
            with suppress(DataError):
                count_frames(path)
    assert capfd.readouterr() == ("", "")


@LINUX
@pytest.mark.parametrize("codec", ["libx264", "libsvtav1", "ffv1"])
def test_one_thread_decodes(tmp_path, codec):
    frames = [picture(i, (480, 640)) for i in range(12)]
    path = write_coded(tmp_path / "a.mkv", frames, codec)
    before = set(os.listdir("/proc/self/task"))
    with VideoFile(path) as video:
        for _ in video.all_frames():
            assert set(os.listdir("/proc/self/task")) <= before


def test_a_closed_file_has_no_frames_left(tmp_path):
    path = write_coded(tmp_path / "a.mkv", FRAMES, "ffv1", "gray")
    video = VideoFile(path)
    frames = video.all_frames()
    next(frames)
    video.close()
    assert list(frames) == []
    video.close()


@LINUX
def test_the_priority_is_as_it_was_after_a_file_is_written(tmp_path):
    before = os.sched_getscheduler(0)
    write_coded(tmp_path / "a.mkv", FRAMES, "libsvtav1")
    assert os.sched_getscheduler(0) == before

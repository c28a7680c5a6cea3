import tracemalloc
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image
from trees import (
    SIZE,
    edit_mp4,
    encode,
    picture,
    truncate,
    write_avi,
    write_image,
    write_video,
)

from mcnn.artefacts.shots import Shot
from mcnn.datasets.frames import (
    FrameReader,
    frame_path,
    frame_size,
    read_frames,
    read_shots_frames,
    read_video,
)
from mcnn.datasets.video_files import VideoFile, count_frames
from mcnn.errors import DataError
from mcnn.imaging.decode import decode_image


def numbered(root, last=9):
    return Shot("v", 0, 0, last, ("dog",), "numbered", f"{root}/%08d.jpg", 1)


def video(path, last):
    return Shot("v", 0, 0, last, ("dog",), "file", str(path), 1)


def encoded(shot, indices, longer_side=None):
    with FrameReader() as reader:
        return list(reader.encoded(shot, indices, longer_side))


@pytest.fixture
def jpegs(tmp_path):
    for i in range(10):
        write_image(tmp_path / f"{i:08d}.jpg", picture(i))
    return tmp_path


@pytest.fixture
def clip(tmp_path):
    """Thirty frames of flat grey that brightens by 8 per frame, red in the upper left corner."""
    frames = [np.full((48, 64, 3), 8 * i, dtype=np.uint8) for i in range(30)]
    for frame in frames:
        frame[:16, :16] = 255, 0, 0
    return frames, write_video(tmp_path / "clip.mp4", frames)


def test_numbered_frames_are_those_of_their_files(jpegs):
    frames = list(read_frames(numbered(jpegs), [3, 7]))
    for index, frame in zip((3, 7), frames, strict=True):
        expected = cv2.imread(str(jpegs / f"{index:08d}.jpg"))[:, :, ::-1].astype(int)
        assert frame.shape == (*SIZE, 3)
        assert frame.dtype == np.uint8
        assert np.abs(frame - expected).max() <= 2


def test_a_percent_sign_in_the_path_is_literal(tmp_path):
    write_image(tmp_path / "100%d" / "00000005.jpg", picture(5))
    shot = numbered(str(tmp_path / "100%d").replace("%", "%%"))
    assert frame_path(shot, 5) == tmp_path / "100%d" / "00000005.jpg"
    assert len(list(read_frames(shot, [5]))) == 1


def test_folders_are_read_in_natural_order(tmp_path):
    for i in (10, 9, 8):
        Image.fromarray(np.full((*SIZE, 3), i, dtype=np.uint8)).save(tmp_path / f"f{i}.png")
    (tmp_path / "notes.txt").touch()
    shot = Shot("v", 0, 0, 2, ("dog",), "folder", str(tmp_path), 1)
    assert [int(frame[0, 0, 0]) for frame in read_frames(shot, [0, 1, 2])] == [8, 9, 10]
    assert frame_path(shot, 2).name == "f10.png"
    with pytest.raises(DataError, match=r"frame 3 is missing.*Remedy"):
        list(read_frames(shot, [3]))


def test_missing_frames_are_named(jpegs):
    (jpegs / "00000004.jpg").unlink()
    frames = read_frames(numbered(jpegs), [3, 4, 5])
    next(frames)
    with pytest.raises(DataError, match=r"00000004\.jpg: the file is missing.*Remedy"):
        next(frames)
    with pytest.raises(DataError, match=r"00000004\.jpg.*missing"):
        frame_size(numbered(jpegs), 4)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.9, 0.99])
def test_truncated_jpegs_are_refused_by_every_reader(jpegs, share):
    truncate(jpegs / "00000004.jpg", share)
    for read in (encoded, read_frames):
        with pytest.raises(DataError, match=r"00000004\.jpg.*does not decode.*Remedy"):
            list(read(numbered(jpegs), [4]))


def test_encoded_frames_are_the_files_own_bytes(jpegs):
    files = [(jpegs / f"{i:08d}.jpg").read_bytes() for i in (1, 2)]
    assert encoded(numbered(jpegs), [1, 2]) == files
    assert encoded(numbered(jpegs), [1, 2], longer_side=max(SIZE)) == files


def test_larger_frames_are_reduced(jpegs, clip):
    _, path = clip
    for shot in (numbered(jpegs), video(path, 29)):
        height, width = frame_size(shot, 2)
        frame = next(read_frames(shot, [2])).astype(int)
        (small,) = (decode_image(data) for data in encoded(shot, [2], longer_side=width // 2))
        assert small.shape == (height // 2, width // 2, 3)
        means = frame.reshape(height // 2, 2, width // 2, 2, 3).mean((1, 3))
        assert np.abs(small - means).mean() < 10  # Colours are subsampled.


def test_exif_orientation_turns_jpegs_and_their_size(tmp_path):
    pixels = picture(0)
    pixels[:8, :8] = 255, 0, 0
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels).save(tmp_path / "00000000.jpg", exif=exif, quality=95)
    shot = numbered(tmp_path)
    frame = next(read_frames(shot, [0]))
    assert frame.shape == (SIZE[1], SIZE[0], 3)
    assert frame_size(shot, 0) == (SIZE[1], SIZE[0])
    assert frame[3, -4, 0] > 200
    assert frame[3, -4, 2] < 60


def test_frame_size_does_not_decode(jpegs):
    truncate(jpegs / "00000002.jpg", 0.9)
    assert frame_size(numbered(jpegs), 2) == SIZE


def test_video_frames_are_exact_in_time(clip):
    frames, path = clip
    shot = video(path, 29)
    indices = [0, 1, 7, 7, 28, 29]
    for index, frame in zip(indices, read_frames(shot, indices), strict=True):
        assert abs(int(frame[32, 32, 1]) - int(frames[index][32, 32, 1])) <= 3
        assert frame[4, 4, 0] > 200
        assert frame[4, 4, 2] < 60
    assert frame_size(shot, 3) == (48, 64)
    assert count_frames(path) == 30


def test_encoded_video_frames_are_images(clip):
    _, path = clip
    for index, data in zip((2, 20), encoded(video(path, 29), [2, 20]), strict=True):
        assert abs(int(decode_image(data)[32, 32, 1]) - 8 * index) <= 4


@pytest.mark.parametrize(("suffix", "codec"), [("avi", "MJPG"), ("mov", "mp4v"), ("mkv", "mp4v")])
def test_other_containers(tmp_path, suffix, codec):
    frames = [np.full((48, 64, 3), 20 * i, dtype=np.uint8) for i in range(10)]
    path = write_video(tmp_path / f"clip.{suffix}", frames, codec)
    assert count_frames(path) == 10
    assert abs(int(next(read_frames(video(path, 9), [6])).mean()) - 120) <= 4


def test_rotation_metadata_is_applied(clip, tmp_path):
    frames, _ = clip
    path = write_video(tmp_path / "turned.mp4", frames, rotate=True)
    shot = video(path, 29)
    frame = next(read_frames(shot, [3]))
    assert frame.shape == (64, 48, 3)
    assert frame_size(shot, 3) == (64, 48)
    assert frame[4, -4, 0] > 200
    assert frame[4, 4, 0] < 60
    assert decode_image(encoded(shot, [3])[0]).shape == (64, 48, 3)


def test_videos_that_do_not_decode_are_named(tmp_path, clip):
    path = tmp_path / "broken01.mp4"
    with pytest.raises(DataError, match=r"broken01\.mp4.*missing"):
        count_frames(path)
    for data in (b"", b"no video", clip[1].read_bytes()[:400]):
        path.write_bytes(data)
        for read in (lambda: list(read_frames(video(path, 3), [0])), lambda: count_frames(path)):
            with pytest.raises(DataError, match=r"broken01\.mp4.*(decode|truncated).*Remedy"):
                read()


def test_frames_past_the_end_of_a_video_are_refused(clip):
    with pytest.raises(DataError, match=r"frame 30 does not decode, only 30"):
        list(read_frames(video(clip[1], 40), [29, 30]))


def test_frames_asked_for_again_are_decoded_again(clip):
    frames = [int(frame[32, 32, 1]) for frame in read_frames(video(clip[1], 29), [20, 3, 4])]
    assert np.abs(np.array(frames) - [160, 24, 32]).max() <= 3


def test_videos_are_streamed(tmp_path):
    frame = np.zeros((240, 320, 3), dtype=np.uint8)
    path = write_video(tmp_path / "long.avi", [frame] * 100, "MJPG")
    tracemalloc.start()
    for _ in read_frames(video(path, 99), range(100)):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * frame.nbytes


@pytest.fixture
def grabs(monkeypatch):
    """Counts the frames that are decoded."""
    count = [0]

    grab = VideoFile._grab

    def counted(self):
        count[0] += 1
        return grab(self)

    monkeypatch.setattr(VideoFile, "_grab", counted)
    return count


def test_all_shots_of_a_video_are_read_in_one_pass(clip, jpegs, grabs):
    bounds = [(0, 4), (5, 5), (6, 20), (22, 29)]
    shots = [replace(video(clip[1], last), first=first) for first, last in bounds]
    found = []
    for shot, frames in read_shots_frames([*shots, numbered(jpegs, 2)]):
        values = [int(frame[32 % len(frame), 31, 1]) for frame in frames]
        found.append((shot.first, len(values), values[0]))
    assert grabs[0] == 30
    expected = [(first, last - first + 1, 8 * first) for first, last in bounds]
    for (first, count, value), (first_, count_, value_) in zip(found, expected, strict=False):
        assert (first, count) == (first_, count_)
        assert abs(value - value_) <= 3
    assert found[4][:2] == (0, 3)


def test_frames_of_a_shot_need_not_be_used_up(clip):
    shots = [replace(video(clip[1], first + 9), first=first) for first in (0, 10, 20)]
    values = [int(next(frames)[32, 32, 1]) for _, frames in read_shots_frames(shots)]
    assert np.abs(np.array(values) - [0, 80, 160]).max() <= 3


def test_a_shot_past_the_end_does_not_harm_the_next(clip):
    shots = [replace(video(clip[1], 40), first=25), video(clip[1], 3)]
    with FrameReader() as reader:
        with pytest.raises(DataError, match="frame 30 does not decode"):
            list(reader.read(shots[0], shots[0].indices))
        assert len(list(reader.read(shots[1], shots[1].indices))) == 4


@pytest.mark.parametrize(
    ("kind", "mode", "codec"),
    [
        ("JPEG", "RGB", "MJPG"),
        ("JPEG", "L", "MJPG"),
        ("PNG", "RGBA", "MPNG"),
        ("PNG", "LA", "MPNG"),
    ],
)
def test_odd_sizes_grey_and_alpha_in_video_files(tmp_path, kind, mode, codec):
    images = [np.full((77, 101, 3), 20 * i, dtype=np.uint8) for i in range(10)]
    encoded = [encode(image, kind, mode) for image in images]
    path = write_avi(tmp_path / "odd.avi", encoded, codec, (77, 101))
    frames = list(read_video(path))
    assert [frame.shape for frame in frames] == [(77, 101, 3)] * 10
    assert [round(float(frame.mean())) for frame in frames] == [20 * i for i in range(10)]


def test_a_variable_frame_rate_neither_drops_nor_doubles_frames(clip):
    edit_mp4(clip[1], durations=[100, 1948] * 15)
    values = [int(frame[32, 32, 1]) for frame in read_video(clip[1])]
    assert np.abs(np.array(values) - 8 * np.arange(30)).max() <= 3


@pytest.mark.parametrize("name", ["a.avi", "a.mkv"])
def test_of_truncated_videos_only_whole_frames_are_there(tmp_path, name):
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 255, (48, 64, 3)).astype(np.uint8) for _ in range(12)]
    path = write_video(tmp_path / name, images, "MJPG" if name == "a.avi" else "mp4v")
    whole = list(read_video(path))
    assert len(whole) == 12
    data = path.read_bytes()
    for share in (0.4, 0.55, 0.7, 0.85):
        path.write_bytes(data[: int(len(data) * share)])
        frames = list(read_video(path))
        assert 2 <= len(frames) < 12
        assert count_frames(path) == len(frames)
        for frame, expected in zip(frames, whole, strict=False):
            np.testing.assert_array_equal(frame, expected)


def test_a_truncated_mp4_is_named_with_the_frames_that_can_be_read(clip):
    path = edit_mp4(clip[1], faststart=True)
    assert len(list(read_video(path))) == 30
    length = path.stat().st_size
    truncate(path, 0.7)
    missing = length - path.stat().st_size
    problem = rf"clip\.mp4: the video is truncated: {missing} bytes are missing at its end, only "
    with pytest.raises(DataError, match=rf"{problem}([5-9]|1\d|2\d) frames can be read\. Remedy"):
        next(read_video(path))


def test_a_video_whose_name_is_not_utf_8_is_named(clip):
    path = clip[1].rename(clip[1].with_name("caf\udce9.mp4"))
    with pytest.raises(DataError, match=r"its name is not UTF-8.*Remedy: rename it"):
        next(read_video(path))


def test_a_truncated_mp4_without_its_index_is_named(clip):
    truncate(clip[1], 0.8)
    with pytest.raises(DataError, match=r"clip\.mp4: the video is truncated.* only 0 frames"):
        list(read_video(clip[1]))


@pytest.mark.parametrize("end", [b"\0" * 100, b"\xff" * 3, b"\0\0\0\x08free"])
def test_what_follows_an_mp4_is_no_part_of_it(clip, end):
    clip[1].write_bytes(clip[1].read_bytes() + end)
    assert count_frames(clip[1]) == 30


def test_all_frames_of_a_folder(jpegs, tmp_path):
    assert len(list(read_video(jpegs))) == 10
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"empty: the folder of frames holds no images.*Remedy"):
        list(read_video(tmp_path / "empty"))


def test_video_files_have_no_frame_paths(clip):
    with pytest.raises(ValueError, match="video file"):
        frame_path(video(clip[1], 29), 0)

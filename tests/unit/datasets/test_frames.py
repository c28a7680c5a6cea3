import io
import tracemalloc

import cv2
import numpy as np
import pytest
from PIL import Image
from trees import SIZE, picture, truncate, write_image, write_video

from mcnn.datasets.frames import (
    count_frames,
    decode_image,
    encoded_frame,
    encoded_frames,
    frame_path,
    frame_size,
    read_frames,
)
from mcnn.datasets.shots import Shot
from mcnn.errors import DataError


def numbered(root, last=9):
    return Shot("v", 0, 0, last, ("dog",), "numbered", f"{root}/%08d.jpg", 1)


def video(path, last):
    return Shot("v", 0, 0, last, ("dog",), "file", str(path), 1)


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
    for read in (encoded_frames, read_frames):
        with pytest.raises(DataError, match=r"00000004\.jpg.*does not decode.*Remedy"):
            list(read(numbered(jpegs), [4]))


def test_truncated_pngs_are_refused(tmp_path):
    path = truncate(write_image(tmp_path / "a.png", picture(0)))
    with pytest.raises(DataError, match=r"a\.png"):
        decode_image(path.read_bytes(), path)


def test_encoded_frames_are_the_files_own_bytes(jpegs):
    files = [(jpegs / f"{i:08d}.jpg").read_bytes() for i in (1, 2)]
    assert list(encoded_frames(numbered(jpegs), [1, 2])) == files
    assert encoded_frame(numbered(jpegs), 2) == files[1]


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "1", "I;16", "CMYK"])
def test_every_kind_of_image_becomes_rgb(mode):
    grey = Image.fromarray(np.tile(np.arange(0, 256, 8, dtype=np.uint8), (24, 1)))
    if mode == "I;16":
        image = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    else:
        image = grey.convert("RGB").convert(mode)
    buffer = io.BytesIO()
    image.save(buffer, format="TIFF" if mode == "CMYK" else "PNG")
    decoded = decode_image(buffer.getvalue())
    assert decoded.shape == (24, 32, 3)
    assert decoded.dtype == np.uint8
    assert decoded.flags.writeable
    if mode not in ("1", "P"):
        np.testing.assert_array_equal(decoded[:, :, 0], np.asarray(grey))
    assert decoded[0, -1].min() > decoded[0, 0].max()


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
    for index, data in zip((2, 20), encoded_frames(video(path, 29), [2, 20]), strict=True):
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
    assert decode_image(encoded_frame(shot, 3)).shape == (64, 48, 3)


def test_videos_that_do_not_decode_are_named(tmp_path, clip):
    path = tmp_path / "broken01.mp4"
    with pytest.raises(DataError, match=r"broken01\.mp4.*missing"):
        count_frames(path)
    for data in (b"", b"no video", clip[1].read_bytes()[:400]):
        path.write_bytes(data)
        for read in (lambda: list(read_frames(video(path, 3), [0])), lambda: count_frames(path)):
            with pytest.raises(DataError, match=r"broken01\.mp4.*decode.*Remedy"):
                read()


def test_frames_past_the_end_of_a_video_are_refused(clip):
    with pytest.raises(DataError, match=r"frame 30 does not decode, only 30"):
        list(read_frames(video(clip[1], 40), [29, 30]))


def test_video_frames_must_be_asked_for_in_order(clip):
    with pytest.raises(ValueError, match="ascend"):
        list(read_frames(video(clip[1], 29), [3, 2]))


def test_videos_are_streamed(tmp_path):
    frame = np.zeros((240, 320, 3), dtype=np.uint8)
    path = write_video(tmp_path / "long.avi", [frame] * 100, "MJPG")
    tracemalloc.start()
    for _ in read_frames(video(path, 99), range(100)):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * frame.nbytes


def test_video_files_have_no_frame_paths(clip):
    with pytest.raises(ValueError, match="video file"):
        frame_path(video(clip[1], 29), 0)

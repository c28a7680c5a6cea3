import pytest
from trees import picture, write_image, write_video

from mcnn.datasets.video_shots import split_or_reason, split_video
from mcnn.errors import DataError

LENGTHS = [9, 14, 7]
SHOTS = [(0, 8), (9, 22), (23, 29)]


def stills():
    """Three shots in which nothing moves."""
    return [picture(seed, (48, 64)) for seed, n in enumerate(LENGTHS) for _ in range(n)]


@pytest.fixture(params=["clip.mp4", "folder"])
def video(tmp_path, request):
    path = tmp_path / request.param
    if path.suffix:
        return write_video(path, stills())
    for i, frame in enumerate(stills()):
        write_image(path / f"{i:05d}.png", frame)
    return path


def test_detect_and_whole(video):
    assert split_video(video, "detect") == SHOTS
    assert split_video(video, "whole") == [(0, 29)]


@pytest.mark.parametrize("how", ["detect", "whole"])
@pytest.mark.parametrize("name", ["empty.mp4", "text.avi", "frames"])
def test_videos_that_do_not_decode(tmp_path, how, name):
    path = tmp_path / name
    if path.suffix:
        path.write_bytes(b"" if name == "empty.mp4" else b"this is no video")
    else:
        path.mkdir()
    with pytest.raises(DataError, match=rf"{name}: .*Remedy"):
        split_or_reason(path, how, "stop")
    reason = split_or_reason(path, how, "skip")
    assert isinstance(reason, str)
    assert reason.startswith(f"{path}: the ")


def test_a_broken_frame_in_a_folder(tmp_path):
    for i in range(8):
        write_image(tmp_path / "a" / f"{i}.jpg", picture(0))
    (tmp_path / "a" / "5.jpg").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"5\.jpg: the image does not decode.*Remedy"):
        split_video(tmp_path / "a", "detect")

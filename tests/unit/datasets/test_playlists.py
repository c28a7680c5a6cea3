"""Files that are called videos and would open others: no decoder sees them."""

import shutil

import av
import cv2
import numpy as np
import pytest
from trees import encode, picture, write_avi, write_coded, write_video

from mcnn.datasets.frames import read_video
from mcnn.datasets.video_files import VideoFile, count_frames
from mcnn.datasets.video_shots import split_or_reason
from mcnn.errors import DataError
from mcnn.imaging.decode import MOST_PIXELS

HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{}\n#EXT-X-ENDLIST\n"
DASH = """<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period>
<AdaptationSet><Representation id="1" mimeType="video/mp4" bandwidth="1"><BaseURL>{}</BaseURL>
</Representation></AdaptationSet></Period></MPD>"""
SDP = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
SCRIPTS = {
    "hls": HLS.format("other.mp4"),
    "hls of a url": HLS.format("http://127.0.0.1:9/other.mp4"),
    "concat": "ffconcat version 1.0\nfile other.mp4\n",
    "concat of a url": "ffconcat version 1.0\nfile http://127.0.0.1:9/other.mp4\n",
    "dash": DASH.format("other.mp4"),
    "sdp": SDP,
}


@pytest.fixture
def other(tmp_path):
    return write_video(tmp_path / "other.mp4", [picture(i, (48, 64)) for i in range(4)])


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi"])
@pytest.mark.parametrize("script", SCRIPTS)
def test_playlists_and_scripts_are_refused(other, script, suffix):
    path = other.with_name(f"list.{suffix}")
    path.write_text(SCRIPTS[script])
    for read in (count_frames, lambda path: list(read_video(path))):
        with pytest.raises(DataError, match=r"list\.\w+: the video does not decode: no MP4"):
            read(path)
    assert "does not decode" in split_or_reason(path, "detect", "skip")


@pytest.mark.parametrize("container", ["mov", "avi", "matroska"])
@pytest.mark.parametrize("script", ["hls", "concat"])
def test_ffmpeg_itself_would_refuse_them(other, script, container, monkeypatch):
    """A second door: what begins as a video and would be taken for something else by FFmpeg."""
    path = other.with_name("list.m3u8")
    path.write_text(SCRIPTS[script])
    with av.open(str(path)) as opened:
        assert next(opened.decode(video=0)).width == 64  # By itself it shows the other file.
    monkeypatch.setattr("mcnn.datasets.video_files.container_of", lambda _: container)
    with pytest.raises(DataError, match=r"list\.m3u8: .*decode"):
        count_frames(path)


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "webm"])
def test_the_containers_are_read_whatever_their_suffix(other, suffix):
    path = shutil.copy(other, other.with_name(f"copy.{suffix}"))
    assert count_frames(path) == 4


def test_avi_and_matroska_are_read(tmp_path):
    frame = picture(0, (48, 64))
    avi = write_avi(tmp_path / "a.avi", [encode(frame, "JPEG")] * 3, "MJPG", (48, 64))
    assert count_frames(avi) == 3
    writer = cv2.VideoWriter(str(tmp_path / "a.mkv"), cv2.VideoWriter.fourcc(*"MJPG"), 25, (64, 48))
    writer.write(np.ascontiguousarray(frame))
    writer.release()
    assert count_frames(tmp_path / "a.mkv") == 1


def test_frames_of_too_many_pixels_are_refused(other, tmp_path, monkeypatch):
    with VideoFile(other):
        pass
    known = write_coded(tmp_path / "known.mp4", [picture(0, (48, 64))], "libx264")
    monkeypatch.setattr("mcnn.datasets.video_files.MOST_PIXELS", 48 * 64 - 1)
    for path, size in ((known, "are 64x48,"), (other, "have no size, or")):
        with pytest.raises(DataError, match=rf"its frames {size} more than 3071 pixels"):
            VideoFile(path)
    assert MOST_PIXELS == 2**26

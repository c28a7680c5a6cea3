"""Names that are not UTF-8, of which native libraries crash: in processes of their own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from trees import picture, write_image, write_video

from mcnn.config.images import ImageFolder
from mcnn.datasets.image_folder import read_image_folder
from mcnn.datasets.video_folder import read_manifest
from mcnn.imaging.drawing import write_overlay_video

LATIN = os.fsdecode(b"caf\xe9")


@pytest.fixture
def videos(tmp_path):
    """A class of a video file, a folder of frames, and one with such a frame; and a good one."""
    frames = [picture(i, (48, 64)) for i in range(4)]
    good = write_video(tmp_path / "dog" / "good.mp4", frames)
    shutil.copy(good, tmp_path / "dog" / f"{LATIN}.mp4")
    for folder, stem in (("named", LATIN), (f"{LATIN}-frames", "f")):
        for i, frame in enumerate(frames):
            write_image(tmp_path / "dog" / folder / f"{stem}{i}.png", frame)
    return tmp_path


def mcnn(folder, *words):
    command = [sys.executable, "-c", "from mcnn.cli import app; app()", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=300)


@pytest.mark.parametrize("source", [f"{LATIN}.mp4", f"{LATIN}-frames", "named"])
def test_segment_motion_refuses_them_in_one_line(videos, source):
    outcome = mcnn(videos / "dog", "segment-motion", source, "-o", "out")
    assert outcome.returncode == 1, outcome
    assert outcome.stdout == b""
    assert len(outcome.stderr.splitlines()) == 1
    assert b"its name is not UTF-8. Remedy: rename it." in outcome.stderr
    assert not (videos / "dog" / "out").exists()


def test_segment_motion_writes_masks_to_them_but_no_video(videos):
    folder = videos / "dog" / LATIN
    folder.mkdir()
    outcome = mcnn(folder, "segment-motion", "../good.mp4", "-o", str(folder / "out"))
    assert outcome.returncode == 0, outcome
    assert len(list((folder / "out").glob("*.png"))) == 4
    words = ("segment-motion", "../good.mp4", "-o", str(folder / "more"), "--overlay")
    outcome = mcnn(folder, *words)
    assert outcome.returncode == 1
    assert b"its name is not UTF-8" in outcome.stderr


@pytest.mark.parametrize("shots", ["detect", "whole"])
def test_they_are_skipped_and_listed(videos, shots):
    found, skipped = read_manifest(videos, ["dog"], "skip", shots)
    assert {shot.video for shot in found} == {"dog-good"}
    reasons = sorted(entry.reason.rpartition(": ")[2] for entry in skipped)
    assert reasons == ["its name is not UTF-8"] * 3
    assert {Path(entry.item).name for entry in skipped} == {
        *(f"{LATIN}.mp4", f"{LATIN}-frames", "named")
    }


def test_images_are_skipped_and_listed(tmp_path):
    write_image(tmp_path / f"{LATIN}.png", picture(0))
    write_image(tmp_path / "b.png", picture(1))
    folder = ImageFolder(format="image_folder", images=str(tmp_path), tag="dog")
    images, skipped = read_image_folder(folder, ["dog"], "skip")
    assert [image.name for image in images] == ["b"]
    assert [entry.item for entry in skipped] == [LATIN]


def test_no_video_is_written_to_them(tmp_path):
    code = f"""
from pathlib import Path
import numpy as np
from {write_overlay_video.__module__} import write_overlay_video
write_overlay_video([np.zeros((8, 8, 3), np.uint8)], Path({LATIN!r} + ".mp4"), 25)
"""
    command = [sys.executable, "-c", code]
    outcome = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, timeout=300)
    assert outcome.returncode == 1, outcome
    assert b"its name is not UTF-8" in outcome.stderr

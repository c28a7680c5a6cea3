"""Shot detection on real videos: joined to files with cuts, and each by itself."""

import random
from itertools import chain
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from trees import write_video

from mcnn.datasets.files import list_images
from mcnn.datasets.frames import read_video
from mcnn.datasets.shot_detection import detect_shots

DATA = Path(__file__).parents[2].parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no real data at {DATA}")
SIZE = (320, 180)


def load(paths):
    images = (np.asarray(Image.open(path).convert("RGB")) for path in paths)
    return [cv2.resize(image, SIZE, interpolation=cv2.INTER_AREA) for image in images]


@pytest.fixture(scope="module")
def sequences():
    """Frames of every sequence and clip, a shot each."""
    found = {}
    for folder in ("davis2016/JPEGImages/480p", "segtrack/frames"):
        for path in sorted((DATA / folder).iterdir()):
            found[path.name] = load(path / name for name in list_images(path))
    fos = DATA / "fos_release" / "frames"
    names = list_images(fos)
    found["fos dog"] = load(fos / name for name in names[:32])
    found["fos cat"] = load(fos / name for name in names[32:])
    for path in sorted((DATA / "clips").glob("*.mp4")):
        frames = (cv2.resize(f, SIZE, interpolation=cv2.INTER_AREA) for f in read_video(path))
        found[path.stem] = list(frames)
    assert len(found) == 13
    return found


def pieces(sequences, seed):
    """Runs of 8 to 40 frames of all sequences, shuffled, none beside one of its own sequence."""
    rng = random.Random(seed)
    left = []
    for name, frames in sequences.items():
        start = 0
        while len(frames) - start >= 8 and sum(other == name for other, _ in left) < 4:
            length = min(rng.randint(8, 40), len(frames) - start)
            left.append((name, frames[start : start + length]))
            start += length
    rng.shuffle(left)
    chosen = [left.pop()]
    while left:
        i = next((i for i, (name, _) in enumerate(left) if name != chosen[-1][0]), None)
        if i is None:
            break
        chosen.append(left.pop(i))
    return [frames for _, frames in chosen]


@pytest.mark.parametrize(
    ("seed", "suffix", "codec"), [(0, "mp4", "mp4v"), (1, "avi", "MJPG"), (2, "webm", "VP80")]
)
def test_every_cut_is_found_and_none_invented(tmp_path, sequences, seed, suffix, codec):
    shots = pieces(sequences, seed)
    assert len(shots) > 25
    path = write_video(tmp_path / f"joined.{suffix}", [*chain.from_iterable(shots)], codec)
    ends = np.cumsum([len(frames) for frames in shots])
    expected = [
        (int(end) - len(frames), int(end) - 1) for end, frames in zip(ends, shots, strict=True)
    ]
    assert detect_shots(path) == expected


def test_no_cut_is_invented_in_a_shot(sequences):
    found = {name: detect_shots(frames) for name, frames in sequences.items()}
    assert found == {name: [(0, len(frames) - 1)] for name, frames in sequences.items()}


@pytest.mark.parametrize("step", [2, 3])
def test_nor_in_a_faster_one(sequences, step):
    # Every third frame of car-detection, of 12.5 frames a second, is left out of it.
    fast = {name: frames[::step] for name, frames in sequences.items() if len(frames) < 300}
    found = {name: detect_shots(frames) for name, frames in fast.items()}
    assert found == {name: [(0, len(frames) - 1)] for name, frames in fast.items()}


@pytest.mark.parametrize("speed", [1, 5, 15, 40])
def test_nor_while_a_window_pans_over_a_still(speed):
    path = DATA / "davis2016" / "JPEGImages" / "480p" / "car-roundabout" / "00030.jpg"
    image = np.asarray(Image.open(path).convert("RGB"))
    wide = np.concatenate([image, image[:, ::-1]] * 2, axis=1)
    frames = [wide[100:280, speed * i : speed * i + 320] for i in range(60)]
    assert detect_shots(frames) == [(0, 59)]


@pytest.mark.parametrize("name", ["horsejump-high", "monkey", "cows"])
def test_nor_by_flashes_and_repeated_frames(sequences, name):
    frames = list(sequences[name])
    frames[20] = np.full_like(frames[20], 250)
    frames[35] = np.clip(frames[35] * 2.0 + 30, 0, 255).astype(np.uint8)
    frames[36] = np.clip(frames[36] * 1.4 + 10, 0, 255).astype(np.uint8)
    frames[10:10] = [frames[10]] * 8
    assert detect_shots(frames) == [(0, len(frames) - 1)]

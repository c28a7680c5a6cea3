import numpy as np
import pytest
from PIL import Image
from trees import write_image

import mcnn.colocalization.sheets as sheets
from mcnn.artefacts.annotations import AnnotatedBox, write_annotations
from mcnn.artefacts.localized import Localized, write_localized
from mcnn.artefacts.motion import encode_shot, write_motion
from mcnn.artefacts.shots import Shot
from mcnn.colocalization.sheets import draw_sheets
from mcnn.imaging.boxes import Box

SIZE = (30, 40)
FRAMES = {("a", 0): range(1, 7), ("a", 1): range(7, 11), ("b", 0): range(1, 7)}


def rng_of(*key):
    return np.random.default_rng([ord(part) if isinstance(part, str) else part for part in key])


def picture(video, frame):
    return rng_of(video, frame).integers(0, 256, (*SIZE, 3)).astype(np.uint8)


def mask_of(what, video, shot, frame):
    return rng_of(what, video, shot, frame).random(SIZE) < 0.2


def moving_in(video, frame):
    mask = np.zeros(SIZE, bool)
    left = 3 + 2 * (video == "b")
    mask[frame : frame + 6, left : left + 15] = True
    return mask


def box_of_cow(shot, frame):
    return Box(1.0 + shot, 2.0, 20.0 + frame, 25.0)


@pytest.fixture(params=["masks of a video", "masks of all"])
def dataset(tmp_path, request):
    """Cows in both videos, a dog in b; the cow of b is in no frame found."""
    shots, localized, moving = [], [], {}
    for (video, shot), frames in FRAMES.items():
        pattern = str(tmp_path / video / "%d.png")
        last = frames[-1]
        shots.append(Shot(video, shot, frames[0], last, ("cow",), "numbered", pattern, 1))
        for k in frames:
            write_image(tmp_path / video / f"{k}.png", picture(video, k))
    for video in "ab":
        mine = [(shot, frames) for (name, shot), frames in FRAMES.items() if name == video]
        items = [
            (video, shot, Localized(k, tag, SIZE, box, 0.5, mask_of(tag[0], video, shot, k)))
            for shot, frames in mine
            for k in frames
            for tag, box in (("cow", box_of_cow(shot, k) if video == "a" else None), ("dog", None))
        ]
        localized.append(tmp_path / f"l/{video}.parquet")
        write_localized(items, localized[-1])
        moving[video] = [
            encode_shot(video, s, f, [moving_in(video, k) for k in f]) for s, f in mine[:1]
        ]
    files = [["a"], ["b"]] if request.param == "masks of a video" else [["a", "b"]]
    motion = [tmp_path / f"m/{videos[0]}.parquet" for videos in files]
    for videos, path in zip(files, motion, strict=True):
        write_motion([shot for video in videos for shot in moving[video]], path)
    truth = [
        AnnotatedBox(video, shot, k, "cow", 1.0, 1.0, 5.0 + k + place, 9.0)
        for (video, shot), frames in FRAMES.items()
        for k in frames
        for place in range(1 + (k == 3))
    ]
    truth.append(AnnotatedBox("a", 0, 1, "dog", *[np.nan] * 4, "empty"))
    truth.append(AnnotatedBox("b", 0, 6, "cat", 1.0, 1.0, 5.0, 9.0))
    write_annotations(truth, tmp_path / "annotations.csv")
    return localized, tmp_path / "annotations.csv", shots, motion


def test_a_sheet_shows_annotated_frames_spread_over_the_dataset(tmp_path, dataset, monkeypatch):
    shown = {}
    monkeypatch.setattr(sheets, "ROWS", 8)
    monkeypatch.setattr(
        sheets, "sheet", lambda rows, name: shown.update({name: rows}) or picture("a", 1)
    )
    draw_sheets(*dataset, {"cow": tmp_path / "new/cow.jpg"})
    ((name, rows),) = shown.items()
    assert name == "cow"
    # The middles of eight equal parts of the sixteen frames.
    every = [(video, shot, k) for (video, shot), frames in FRAMES.items() for k in frames]
    for (video, shot, k), row in zip(every[1::2], rows, strict=True):
        assert row.caption == f"{video}, frame {k}"
        np.testing.assert_array_equal(row.image, picture(video, k))
        np.testing.assert_array_equal(row.mask, mask_of("c", video, shot, k))
        assert row.box == (list(box_of_cow(shot, k)) if video == "a" else None)
        if shot == 1:
            assert row.motion is None
            assert row.motion_box is None
        else:
            np.testing.assert_array_equal(row.motion, moving_in(video, k))
            left = 3 + 2 * (video == "b")
            assert row.motion_box == (left, k, left + 15, k + 6)
        true = [[1, 1, 5 + k + place, 9] for place in range(1 + (k == 3))]
        np.testing.assert_array_equal(row.truth, true)


def test_there_is_a_picture_of_every_class(tmp_path, dataset):
    pictures = {name: tmp_path / f"{name}.jpg" for name in ("cow", "dog", "boat")}
    draw_sheets(*dataset, pictures)
    sizes = {name: Image.open(path).size for name, path in pictures.items()}
    # Twelve rows of three tiles of 320 x 262 pixels; of a class without a scored frame one row.
    assert sizes["cow"] == (3 * 320, 12 * 262)
    assert sizes["dog"] == sizes["boat"]
    assert sizes["dog"][1] == 262

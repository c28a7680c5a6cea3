import json

import cv2
import numpy as np
import pandas as pd
import pytest
from trees import write_image

import mcnn.colocalization.to_folder as to_folder
from mcnn.artefacts.localized import read_localized
from mcnn.colocalization.to_folder import localize_to_folder
from mcnn.config.colocalization import Colocalization
from mcnn.errors import DataError
from mcnn.imaging.drawing import COLOUR

SETTINGS = Colocalization.model_validate({"superpixels": 300, "lambda": 1.0})
TAGS = {"leaf": 1, "ball": 3}
CUT = 8
"""First frame of the second shot."""


def boxes_in(k):
    """Of the leaf, which is in the second shot only, and of the ball."""
    leaf = (80, 20, 110, 44) if k >= CUT else None
    return leaf, (10 + 3 * k, 50 + k, 34 + 3 * k, 74 + k)


def frame_of(k):
    grey = [60, 60, 60] if k < CUT else [150, 150, 150]
    frame = np.random.default_rng(k).normal(grey, 4, (90, 120, 3))
    for box, colour in zip(boxes_in(k), ([40, 190, 40], [200, 50, 50]), strict=True):
        if box is not None:
            frame[box[1] : box[3], box[0] : box[2]] = colour
    return frame.clip(0, 255).astype(np.uint8)


FRAMES = [frame_of(k) for k in range(16)]


def network(images):
    images = images.astype(int)
    green, red = images[..., 1] - images[..., 0] > 60, images[..., 0] - images[..., 1] > 60
    likely = np.stack([0.9 * green, 0.95 * ~(red | green), 0.9 * red], 1)
    return np.concatenate([1 - likely.sum(1, keepdims=True), likely], 1).astype(np.float32)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    root = tmp_path_factory.mktemp("localize")
    for k, frame in enumerate(FRAMES):
        write_image(root / "toys" / f"{k}.png", frame)
    table = localize_to_folder(
        root / "toys", root / "out", TAGS, network, SETTINGS, overlay=True, threads=2
    )
    return root / "out", table


def test_a_folder_for_people(exported):
    out, table = exported
    assert {path.name for path in out.iterdir()} == {
        *("boxes.csv", "boxes.json", "localized.parquet", "overlay.mp4"),
        *("leaf.jpg", "ball.jpg"),
    }
    assert read_localized([out / "localized.parquet"]).equals(table)
    expected = [("toys", int(k >= CUT), k, tag) for k in range(16) for tag in TAGS]
    keys = ["video", "shot", "frame", "class"]
    assert list(table[keys].itertuples(index=False, name=None)) == expected
    boxes = pd.read_csv(out / "boxes.csv")
    assert list(boxes) == [*keys, "x0", "y0", "x1", "y1", "score"]
    found = {row[:4]: row[4:8] for row in boxes.itertuples(index=False, name=None)}
    for _, shot, k, tag in expected:
        true = boxes_in(k)[list(TAGS).index(tag)]
        if true is None:
            assert ("toys", shot, k, tag) not in found
        else:
            np.testing.assert_allclose(found["toys", shot, k, tag], true, atol=2)


def test_coco_json_holds_the_same_boxes(exported):
    out, _ = exported
    coco = json.loads((out / "boxes.json").read_text())
    boxes = pd.read_csv(out / "boxes.csv")
    assert len(coco["images"]) == 16
    assert coco["images"][9] == {
        "id": 10, "file_name": "toys/1/9", "width": 120, "height": 90,
    }  # fmt: skip
    assert coco["categories"] == [{"id": 1, "name": "leaf"}, {"id": 2, "name": "ball"}]
    assert len(coco["annotations"]) == len(boxes) == 24
    for row, item in zip(boxes.to_dict("records"), coco["annotations"], strict=True):
        assert item["image_id"] == row["frame"] + 1
        assert item["category_id"] == 1 + list(TAGS).index(row["class"])
        x, y, width, height = item["bbox"]
        assert [x, y, x + width, y + height] == [row[name] for name in ("x0", "y0", "x1", "y1")]


def test_every_frame_of_the_overlay_has_its_boxes(tmp_path, exported, monkeypatch):
    calls = []
    monkeypatch.setattr(
        to_folder,
        "write_overlay_video",
        lambda frames, path, rate: calls.append((list(frames), path.write_bytes(b""), rate)),
    )
    source = exported[0].parent / "toys"
    localize_to_folder(source, tmp_path / "o", TAGS, network, SETTINGS, overlay=True)
    ((pictures, _, rate),) = calls
    assert rate == 25
    for k, (picture, frame) in enumerate(zip(pictures, FRAMES, strict=True)):
        changed = (picture != frame).any(2)
        for box in filter(None, boxes_in(k)):
            x0, y0, x1, y1 = box
            edge = picture[y0 - 3 : y0 + 3, x0 + 5 : x1 - 5]
            assert (edge == COLOUR).all(2).any(0).all()
            changed[y0 - 3 : y1 + 3, x0 - 3 : x1 + 3] = False
        assert not changed.any()


def test_the_overlay_of_a_video_file_has_its_rate(tmp_path):
    path = tmp_path / "toys.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 12.5, (120, 90))
    for frame in FRAMES[:6]:
        writer.write(frame[:, :, ::-1])
    writer.release()
    localize_to_folder(path, tmp_path / "o", {"ball": 3}, network, SETTINGS, overlay=True)
    capture = cv2.VideoCapture(str(tmp_path / "o/overlay.mp4"))
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(12.5)
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 6


def test_pictures_show_frames_spread_over_the_video(tmp_path, exported, monkeypatch):
    shown = {}
    monkeypatch.setattr(to_folder, "ROWS", 4)
    monkeypatch.setattr(
        to_folder, "sheet", lambda rows, what: shown.update({what: rows}) or FRAMES[0]
    )
    localize_to_folder(exported[0].parent / "toys", tmp_path / "o", TAGS, network, SETTINGS)
    assert list(map(len, shown.values())) == [4, 4]
    for which, (tag, rows) in enumerate(sorted(shown.items(), reverse=True)):
        assert tag == list(TAGS)[which]
        for k, row in zip((2, 6, 10, 14), rows, strict=True):
            assert row.caption == f"shot {int(k >= CUT)}, frame {k}"
            np.testing.assert_array_equal(row.image, FRAMES[k])
            true = boxes_in(k)[which]
            if true is None:
                assert row.box is None
                assert not row.mask.any()
            else:
                np.testing.assert_allclose(row.box, true, atol=2)
                assert row.mask[true[1] + 3 : true[3] - 3, true[0] + 3 : true[2] - 3].all()


def test_shots_are_localized_with_what_was_asked_for(tmp_path, exported, monkeypatch):
    localize_shots, calls = to_folder.localize_shots, []

    def noted(shots, *args, **options):
        calls.append((*args, options))
        return localize_shots(shots, *args, **options)

    monkeypatch.setattr(to_folder, "localize_shots", noted)
    source = exported[0].parent / "toys"
    localize_to_folder(source, tmp_path / "o", TAGS, network, SETTINGS, seed=5, threads=2)
    options = {"seed": 5, "threads": 2, "on_error": "stop", "skipped": [], "on_cpu": True}
    assert calls == [(TAGS, network, SETTINGS, options)]
    assert not (tmp_path / "o/overlay.mp4").exists()


def test_a_folder_that_is_there_stays(exported):
    out, _ = exported
    with pytest.raises(DataError, match="it is there already"):
        localize_to_folder(out.parent / "toys", out, TAGS, network, SETTINGS)

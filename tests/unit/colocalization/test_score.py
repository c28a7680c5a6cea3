import json

import numpy as np
import pandas as pd
import pytest

from mcnn.artefacts.annotations import AnnotatedBox, write_annotations
from mcnn.artefacts.localized import Localized, write_localized
from mcnn.artefacts.motion import encode_shot, write_motion
from mcnn.colocalization.score import score_motion, score_videos
from mcnn.imaging.boxes import Box

CLASSES = ["cow", "dog", "boat"]
TRUTH = [
    AnnotatedBox("b", 0, 1, "cow", 0.0, 0.0, 10.0, 10.0),
    AnnotatedBox("b", 0, 2, "cow", 0.0, 0.0, 10.0, 10.0),
    AnnotatedBox("b", 0, 2, "cow", 20.0, 0.0, 30.0, 10.0),
    AnnotatedBox("a", 0, 1, "dog", 0.0, 0.0, 10.0, 10.0),
    AnnotatedBox("a", 0, 2, "dog", 0.0, 0.0, 10.0, 10.0),
]
"""One object in each frame, but two in frame 2 of b."""
NOTHING = np.zeros((40, 40), bool)


@pytest.fixture
def annotations(tmp_path):
    write_annotations(TRUTH, tmp_path / "annotations.csv")
    return tmp_path / "annotations.csv"


def scores(folder):
    return pd.read_csv(folder / "corloc.csv").set_index("class")


RULES = [("any_box", [50, 50, np.nan, 50]), ("one_box", [0, 50, np.nan, 25])]


@pytest.mark.parametrize(("rule", "expected"), RULES)
def test_boxes_and_corloc_of_localized_videos(tmp_path, annotations, rule, expected):
    found = {
        "b": [("cow", 1, Box(5.0, 0.0, 15.0, 10.0)), ("cow", 2, Box(20.0, 0.0, 30.0, 9.0))],
        "a": [("dog", 1, None), ("dog", 2, Box(0.0, 0.0, 10.0, 6.0))],
    }
    for video, items in found.items():
        rows = [
            (video, 0, Localized(frame, tag, (40, 40), box, 0.5 if box else np.nan, NOTHING))
            for tag, frame, box in items
        ]
        write_localized(rows, tmp_path / f"{video}.parquet")
    paths = (tmp_path / f"{video}.parquet" for video in found)
    score_videos(paths, annotations, CLASSES, rule, tmp_path / "s")
    assert {path.name for path in (tmp_path / "s").iterdir()} == {
        *("boxes.csv", "boxes.json", "corloc.csv")
    }
    boxes = pd.read_csv(tmp_path / "s/boxes.csv")
    assert boxes[["video", "frame", "class", "y1"]].to_numpy().tolist() == [
        ["b", 1, "cow", 10.0],
        ["b", 2, "cow", 9.0],
        ["a", 2, "dog", 6.0],
    ]
    coco = json.loads((tmp_path / "s/boxes.json").read_text())
    assert [item["name"] for item in coco["categories"]] == CLASSES
    assert [item["category_id"] for item in coco["annotations"]] == [1, 1, 2]
    np.testing.assert_array_equal(scores(tmp_path / "s")["corloc"], expected)


@pytest.mark.parametrize("files", [("b", "a"), ("ba",)])
@pytest.mark.parametrize(("rule", "expected"), [("any_box", [50, 50]), ("one_box", [0, 50])])
def test_boxes_and_corloc_of_motion_masks(tmp_path, annotations, rule, expected, files):
    """Files are of a video each, or of both."""
    masks = {name: np.stack([NOTHING] * 2) for name in "ab"}
    masks["b"][1, 0:10, 20:30] = True
    masks["a"][0, 0:10, 0:9] = True
    masks["a"][1, 0:10, 6:14] = True
    paths = [tmp_path / f"{videos[0]}.parquet" for videos in files]
    for videos, path in zip(files, paths, strict=True):
        write_motion([encode_shot(name, 0, [1, 2], masks[name]) for name in videos], path)
    score_motion(paths, annotations, ["cow", "dog"], rule, tmp_path / "m")
    assert {path.name for path in (tmp_path / "m").iterdir()} == {"boxes.csv", "corloc.csv"}
    assert pd.read_csv(tmp_path / "m/boxes.csv")[["video", "x0"]].to_numpy().tolist() == [
        ["b", 20.0],
        ["a", 0.0],
        ["a", 6.0],
    ]
    assert scores(tmp_path / "m")["corloc"].tolist() == [*expected, np.mean(expected)]

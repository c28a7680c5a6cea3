import numpy as np
import pandas as pd
import pytest

from mcnn.shots.select import mean_overlap, select_shots


def test_overlap_is_the_iou_averaged_over_frames():
    masks = np.zeros((3, 2, 4), bool)
    labels = np.zeros((3, 2, 4), np.uint8)
    masks[0, 0], labels[0, :, :2] = True, 5
    masks[1], labels[1] = True, 5
    masks[2, 0] = True
    assert mean_overlap(masks, labels, [5]) == pytest.approx((2 / 6 + 1 + 0) / 3)


def test_only_the_tags_of_the_video_count_as_foreground():
    masks = np.ones((1, 2, 2), bool)
    labels = np.array([[[1, 2], [3, 0]]], np.uint8)
    assert mean_overlap(masks, labels, [1]) == 0.25
    assert mean_overlap(masks, labels, [1, 3]) == 0.5


def test_nothing_against_nothing_is_no_overlap():
    assert mean_overlap(np.zeros((1, 2, 2), bool), np.zeros((1, 2, 2), np.uint8), [1]) == 0


def test_the_best_shot_of_each_video_is_selected_from_the_threshold_on():
    overlaps = pd.DataFrame(
        [("a", 0, 0.3), ("a", 1, 0.5), ("b", 0, 0.2), ("c", 0, 0.19), ("c", 1, 0.1)],
        columns=["video", "shot", "overlap"],
    )
    table = select_shots(overlaps, 0.2)
    assert table["selected"].tolist() == [False, True, True, False, False]
    assert table["reason"].tolist() == [
        "not the best of its video",
        "",
        "",
        "overlap below 0.2",
        "not the best of its video",
    ]


def test_of_equal_shots_one_is_selected():
    overlaps = pd.DataFrame([("a", 0, 0.5), ("a", 1, 0.5)], columns=["video", "shot", "overlap"])
    assert select_shots(overlaps, 0.2)["selected"].tolist() == [True, False]

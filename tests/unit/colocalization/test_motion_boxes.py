import numpy as np
import pandas as pd
import pytest

from mcnn.artefacts.annotations import AnnotatedBox, annotation_table
from mcnn.artefacts.motion import ShotMotion, encode_shot, write_motion
from mcnn.colocalization.motion_boxes import masks_of_frames, motion_boxes

NOWHERE = np.zeros((30, 40), bool)


def mask_of(video, shot, frame):
    """A block, other in each frame, and a smaller one apart from it."""
    mask = NOWHERE.copy()
    left, top = 2 + frame + 5 * shot, 3 + frame // 2 + 4 * (video == "b")
    mask[top : top + 6, left : left + 9] = True
    mask[25:28, 30:34] = True
    return mask


def block(video, shot, frame):
    left, top = 2 + frame + 5 * shot, 3 + frame // 2 + 4 * (video == "b")
    return left, top, left + 9, top + 6


@pytest.fixture(params=[("b", "a"), ("ba",)])
def masks(tmp_path, request):
    """Files of a video each, or of both."""
    paths = {}
    for videos in request.param:
        shots = []
        for video in videos:
            paths[video] = tmp_path / f"{videos[0]}.parquet"
            shots += [
                encode_shot(video, shot, frames, [mask_of(video, shot, k) for k in frames])
                for shot, frames in ((0, range(1, 7)), (1, range(4, 12 + 2 * (video == "b"))))
            ]
            shots.append(encode_shot(video, 2, [1, 2], [NOWHERE, NOWHERE], "nothing moves"))
            shots.append(ShotMotion(video, 3, reason="no masks"))
        write_motion(shots, paths[videos[0]])
    return paths


def test_the_largest_part_of_a_frames_mask_is_the_box_of_each_of_its_classes(masks):
    """Without a mask, or with an empty one, there is none; each frame and class has one row."""
    keys = [("b", 1, 9, "cow"), ("b", 1, 5, "cow"), ("a", 0, 5, "dog"), ("a", 0, 5, "cow")]
    keys += [("a", 1, 5, "dog"), ("b", 0, 5, "cow")]
    without = [("a", 2, 1, "cow"), ("a", 3, 1, "cow"), ("a", 0, 7, "cow")]
    twice = [keys[2], *keys, *without]
    truth = annotation_table([AnnotatedBox(*key, 0.0, 0.0, 1.0, 1.0) for key in twice])
    found = motion_boxes(truth, masks)
    columns = ["video", "shot", "frame", "class", "x0", "y0", "x1", "y1"]
    expected = sorted((*key, *map(float, block(*key[:3]))) for key in keys)
    pd.testing.assert_frame_equal(
        found.sort_values(columns, ignore_index=True), pd.DataFrame(expected, columns=columns)
    )


def test_masks_are_of_the_frames_asked_for_that_have_one(masks):
    found = masks_of_frames(masks["a"], "a", 1, [11, 6, 11, 3, 4, 12])
    assert list(found) == [11, 6, 4]
    for frame, mask in found.items():
        np.testing.assert_array_equal(mask, mask_of("a", 1, frame))
    assert masks_of_frames(masks["a"], "a", 3, [1]) == {}

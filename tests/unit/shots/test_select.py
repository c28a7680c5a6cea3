import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcnn.shots.select import mean_overlap, select_shots


def overlap_by_hand(masks, labels, tags):
    """Frame by frame, with sets of pixels."""
    shares = []
    for mask, label in zip(masks, labels, strict=True):
        moving = {tuple(place) for place in np.argwhere(mask)}
        predicted = {place for place in np.ndindex(label.shape) if label[place] in tags}
        either = moving | predicted
        shares.append(len(moving & predicted) / len(either) if either else 0)
    return sum(shares) / len(shares)


@given(st.integers(0, 10**6), st.sets(st.integers(1, 3), min_size=1))
def test_overlap_is_the_iou_with_the_tags_of_the_shot_averaged_over_frames(seed, tags):
    rng = np.random.default_rng(seed)
    size = rng.integers(1, 5, 3)
    # Frames differ in how much moves and in what is predicted; some are empty.
    masks = rng.random(size) < rng.random((size[0], 1, 1)) * rng.integers(0, 2, (size[0], 1, 1))
    labels = rng.integers(0, 4, size) * rng.integers(0, 2, (size[0], 1, 1))
    expected = overlap_by_hand(masks, labels, tags)
    found = mean_overlap(masks, labels.astype(np.uint8), sorted(tags))
    assert found == pytest.approx(expected, abs=1e-12)


def test_a_frame_with_neither_mask_nor_prediction_counts_as_0():
    masks, labels = np.zeros((4, 2, 2), bool), np.zeros((4, 2, 2), np.uint8)
    masks[3], labels[3] = True, 1
    assert mean_overlap(masks, labels, [1]) == 0.25
    assert mean_overlap(masks[:3], labels[:3], [1]) == 0


NEVER, BELOW = "not the best of its video", "overlap below {}"
shots = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([0.1, 0.2, 0.3, 0.4])))


@given(shots, st.sampled_from([0.0, 0.2, 0.25, 0.4, 1.0]))
def test_the_first_best_shot_of_each_video_is_selected_from_the_threshold_on(rows, least):
    """Videos come mixed; shots of a video are numbered from above."""
    table = pd.DataFrame(rows, columns=["video", "overlap"]).astype({"overlap": float})
    table.insert(1, "shot", range(len(rows), 0, -1))
    selected, reasons = [], []
    for position, (video, overlap) in enumerate(rows):
        others = [(other, -i) for i, (name, other) in enumerate(rows) if name == video]
        best = max(others) == (overlap, -position)
        selected.append(best and overlap >= least)
        reasons.append("" if selected[-1] else BELOW.format(least) if best else NEVER)
    found = select_shots(table, least)
    assert found["selected"].tolist() == selected
    assert found["reason"].tolist() == reasons
    assert found[["video", "shot", "overlap"]].equals(table[["video", "shot", "overlap"]])

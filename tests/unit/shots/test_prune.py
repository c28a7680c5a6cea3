import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcnn.artefacts.shots import Shot
from mcnn.config.shots import Pruning
from mcnn.shots.prune import longest_run, prune, prune_shot

PAPER = Pruning()


@given(st.lists(st.booleans(), max_size=30))
def test_longest_run_is_the_first_longest(usable):
    start, stop = longest_run(usable)
    runs = [
        (i, j)
        for i in range(len(usable))
        for j in range(i + 1, len(usable) + 1)
        if all(usable[i:j])
    ]
    expected = max(runs, key=lambda run: (run[1] - run[0], -run[0]), default=(0, 0))
    assert (start, stop) == expected


@given(
    st.lists(st.sampled_from([0, 0.0249, 0.025, 0.1, 0.2, 0.3, 0.5, 0.5001, 1]), max_size=12),
    st.integers(1, 6),
    st.sampled_from([(0.025, 0.5), (0.1, 0.3), (0.2, 1.0), (0.0, 0.1)]),
)
def test_the_kept_run_is_that_of_brute_force(area, least, bounds):
    settings = Pruning(min_frames=least, min_foreground=bounds[0], max_foreground=bounds[1])
    runs = [
        (j - i, -i, j)
        for i in range(len(area))
        for j in range(i + least, len(area) + 1)
        if all(bounds[0] <= share <= bounds[1] for share in area[i:j])
    ]
    start, stop, reason = prune_shot(area, settings)
    length, first, last = max(runs, default=(0, 0, 0))
    assert (start, stop) == (-first, last)
    assert (reason == "") == (length > 0)


def test_a_shot_needs_20_frames():
    assert prune_shot([0.1] * 20, PAPER) == (0, 20, "")
    assert prune_shot([0.1] * 19, PAPER) == (0, 0, "shorter than 20 frames (19)")


@pytest.mark.parametrize(
    ("area", "kept"),
    [(0.0249, False), (0.025, True), (0.3, True), (0.5, True), (0.5001, False)],
)
def test_a_frame_has_2_5_to_50_per_cent_of_foreground(area, kept):
    assert prune_shot([area] * 20, PAPER)[:2] == (0, 20 * kept)


def test_a_run_needs_20_contiguous_frames():
    # Both bounds are within; the longest run does not begin with the shot.
    area = [0.0] + [0.025] * 19 + [0.9] * 2 + [0.5] * 18
    start, stop, reason = prune_shot(area, PAPER)
    assert start == stop == 0
    assert reason == (
        "no 20 contiguous frames with foreground between 2.5% and 50% "
        "(longest run 19; 1 frames below, 2 above, of 40)"
    )


def test_frames_that_are_less_sure_are_not_kept():
    settings = Pruning(min_frames=3, min_confidence=0.6)
    confidence = [0.9, 0.59, 0.6, 0.8, 0.7, 0.1]
    assert prune_shot([0.1] * 6, settings, confidence) == (2, 5, "")
    assert prune_shot([0.1] * 6, settings)[:2] == (0, 6)
    # What was read from files is not doubted.
    assert prune_shot([0.1] * 6, settings, [np.nan] * 6) == (0, 6, "")
    start, stop, reason = prune_shot([0.1, 0.1, 0.1, 0.9], settings, [0.1, 0.2, 0.9, 0.9])
    assert start == stop == 0
    assert reason.endswith("(longest run 1; 0 frames below, 1 above, 2 less sure than 0.6, of 4)")


def test_confidence_is_read_from_the_table_of_areas():
    shots = [Shot("cat-1", 0, 1, 6, ("cat",), "numbered", "%d.jpg", 1)]
    settings = Pruning(min_frames=3, min_confidence=0.5)
    table = prune(shots, areas("cat-1", 0, 1, [0.1] * 6, confidence=[0, 1, 1, 1, 0, 1]), settings)
    assert table.loc[0, ["first", "last"]].tolist() == [2, 4]
    known = areas("cat-1", 0, 1, [0.1] * 6)
    assert prune(shots, known, settings).loc[0, ["first", "last"]].tolist() == [1, 6]


def areas(video, shot, first, area, reason=None, fallbacks=0, confidence=None):
    frames = first + np.arange(len(area))
    return pd.DataFrame(
        {
            **{"video": video, "shot": shot, "frame": frames, "area": area, "reason": reason},
            **{"fallbacks": fallbacks, "confidence": confidence},
        }
    )


def test_every_shot_has_its_run_or_its_reason():
    shots = [
        Shot("cat-1", 0, 101, 130, ("cat",), "numbered", "%d.jpg", 1),
        Shot("cat-1", 1, 131, 150, ("cat",), "numbered", "%d.jpg", 2),
        Shot("cat-1", 2, 7, 16, ("cat",), "numbered", "%d.jpg", 3),
        Shot("dog-1", 0, 1, 40, ("dog",), "numbered", "%d.jpg", 1),
        Shot("dog-1", 1, 41, 70, ("dog",), "numbered", "%d.jpg", 2),
    ]
    of_shots = [
        areas("cat-1", 0, 101, [0.0] * 5 + [0.2] * 25),
        areas("cat-1", 1, 131, [0.0] * 20, fallbacks=3),
        areas("cat-1", 2, 7, [0.7, 0.7, 0.2, 0.2, 0.2, 0.7, 0.2, 0.2, 0.2, 0.2]),
        areas("dog-1", 0, 1, [np.nan], "mask 7.png is missing").assign(frame=None),
        areas("dog-1", 1, 41, [0.0] * 30, "nothing moves"),
    ]
    settings = Pruning(min_frames=3, min_foreground=0.1, max_foreground=0.6)
    # The masks of the videos come in any order.
    table = prune(shots, pd.concat(of_shots[::-1]), settings)
    assert table[["video", "shot"]].to_numpy().tolist() == [[s.video, s.shot] for s in shots]
    assert table["kept"].tolist() == [True, False, True, False, False]
    assert table["fallbacks"].tolist() == [0, 3, 0, 0, 0]
    kept = table[table["kept"]]
    assert kept[["first", "last"]].to_numpy().tolist() == [[106, 130], [13, 16]]
    assert table.loc[~table["kept"], ["first", "last"]].isna().to_numpy().all()
    assert table["reason"].tolist() == [
        "",
        "no 3 contiguous frames with foreground between 10.0% and 60% "
        "(longest run 0; 20 frames below, 0 above, of 20)",
        "",
        "no motion masks: mask 7.png is missing",
        "no foreground: nothing moves",
    ]

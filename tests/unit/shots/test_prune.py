import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcnn.artefacts.shots import Shot
from mcnn.config.shots import Shots
from mcnn.shots.prune import longest_run, prune, prune_shot

PAPER = Shots()


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


@pytest.mark.parametrize(
    ("area", "kept"),
    [(0.0249, False), (0.025, True), (0.3, True), (0.5, True), (0.5001, False)],
)
def test_foreground_is_bounded_on_both_sides(area, kept):
    start, stop, reason = prune_shot([area] * 20, PAPER)
    assert (stop - start == 20) == kept
    assert (reason == "") == kept


def test_a_shot_needs_20_frames():
    assert prune_shot([0.1] * 20, PAPER) == (0, 20, "")
    assert prune_shot([0.1] * 19, PAPER) == (0, 0, "shorter than 20 frames (19)")


def test_a_run_needs_20_contiguous_frames():
    area = [0.1] * 19 + [0.0] + [0.1] * 19 + [0.9] * 2
    start, stop, reason = prune_shot(area, PAPER)
    assert start == stop
    assert "longest run 19; 1 frames below, 2 above, of 41" in reason


def test_the_longest_of_several_runs_is_kept():
    area = [0.1] * 21 + [0.0] + [0.1] * 25 + [0.6] + [0.1] * 20
    assert prune_shot(area, PAPER) == (22, 47, "")


def areas(video, shot, first, area, reason=None, fallbacks=0):
    frames = first + np.arange(len(area))
    return pd.DataFrame(
        {
            **{"video": video, "shot": shot, "frame": frames, "area": area, "reason": reason},
            "fallbacks": fallbacks,
        }
    )


def test_every_shot_has_its_run_or_its_reason():
    shots = [
        Shot("cat-1", 0, 101, 130, ("cat",), "numbered", "%d.jpg", 1),
        Shot("cat-1", 1, 131, 150, ("cat",), "numbered", "%d.jpg", 2),
        Shot("dog-1", 0, 1, 40, ("dog",), "numbered", "%d.jpg", 1),
        Shot("dog-1", 1, 41, 70, ("dog",), "numbered", "%d.jpg", 2),
    ]
    table = prune(
        shots,
        pd.concat(
            [
                areas("cat-1", 0, 101, [0.0] * 5 + [0.2] * 25),
                areas("cat-1", 1, 131, [0.0] * 20, fallbacks=3),
                areas("dog-1", 0, 1, [np.nan], "mask 7.png is missing").assign(frame=None),
                areas("dog-1", 1, 41, [0.0] * 30, "nothing moves"),
            ]
        ),
        PAPER,
    )
    assert table["kept"].tolist() == [True, False, False, False]
    assert table["fallbacks"].tolist() == [0, 3, 0, 0]
    assert (table["first"][0], table["last"][0]) == (106, 130)
    assert table["first"].isna().tolist() == [False, True, True, True]
    assert table["reason"][2] == "no motion masks: mask 7.png is missing"
    assert table["reason"][3] == "no foreground: nothing moves"

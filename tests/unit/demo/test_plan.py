from collections import Counter

import pytest

from mcnn.config.demo import Demo
from mcnn.demo.plan import DEMO_CLASSES, KINDS, plan_shots


@pytest.mark.parametrize("seed", range(4))
def test_kinds_come_in_their_shares_in_every_class(seed: int) -> None:
    shots = plan_shots(
        Demo(classes=DEMO_CLASSES, seed=seed, videos_per_class=20, shots_per_video=5)
    )
    for tag in DEMO_CLASSES:
        counts = Counter(shot.kind for shot in shots if shot.tag == tag)
        assert sum(counts.values()) == 100
        for kind in ("static", "absent", "both", "shake"):
            assert counts[kind] == pytest.approx(100 * KINDS[kind])
        # A duplicate that has nothing to repeat becomes a good shot.
        repeated = counts["good"] + counts["duplicate"]
        assert repeated == pytest.approx(100 * (KINDS["good"] + KINDS["duplicate"]))
    assert {shot.kind for shot in shots} == set(KINDS)


def test_shares_sum_to_one() -> None:
    assert sum(KINDS.values()) == pytest.approx(1)


def test_duplicates_repeat_an_earlier_shot_of_their_video() -> None:
    for seed in range(10):
        shots = plan_shots(Demo(classes=DEMO_CLASSES, seed=seed, videos_per_class=3))
        by_number = {(shot.tag, shot.number): shot for shot in shots}
        for shot in shots:
            repeated = by_number[shot.tag, shot.original]
            if shot.kind == "duplicate":
                assert repeated.video == shot.video
                assert repeated.number < shot.number
                assert repeated.kind in ("good", "both")
            else:
                assert repeated is shot


def test_some_shots_are_too_short_for_pruning_but_most_are_not() -> None:
    lengths = [
        shot.last - shot.first + 1
        for s in range(5)
        for shot in plan_shots(Demo(classes=DEMO_CLASSES, seed=s))
    ]
    short = sum(length < 20 for length in lengths)
    assert 0 < short < 0.2 * len(lengths)
    assert max(lengths) <= 45
    assert min(lengths) >= 10


def test_videos_have_equally_many_shots() -> None:
    shots = plan_shots(Demo(classes=DEMO_CLASSES, videos_per_class=3, shots_per_video=4))
    counts = Counter((shot.tag, shot.video) for shot in shots)
    assert set(counts) == {(tag, video) for tag in DEMO_CLASSES for video in range(3)}
    assert set(counts.values()) == {4}

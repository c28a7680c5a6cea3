import numpy as np
import pytest
from moving import moving_disc

from mcnn.config.motion import MotionSegmentation
from mcnn.motion import foreground
from mcnn.motion.confidence import evidence, expected_overlap
from mcnn.motion.segment import ALL_FOREGROUND, segment_shot
from mcnn.motion.superpixels import Links, describe

COUNT = 10
GREY, RED = (100, 100, 100), (200, 40, 40)


def frame(red):
    """Ten superpixels in a row, 4 x 4 pixels each; those of the indices are red."""
    labels = np.kron(np.arange(COUNT)[None], np.ones((4, 4))).astype(np.int32)
    colours = np.array([RED if k in red else GREY for k in range(COUNT)], np.uint8)
    return describe(colours[labels], labels)


def row(text):
    return np.array([c == "#" for c in text])


def straight(count):
    every = np.arange(COUNT)
    return [Links(every, every, np.ones(COUNT))] * (count - 1)


def test_evidence_by_hand():
    frames = [frame({0, 1})] * 3
    labels = [row("##........"), row("#........."), row("##........")]
    motion = [np.where(np.arange(COUNT) < 2, 0.7, 0.1)] * 3
    found = evidence(frames, straight(3), labels, motion)
    # Inside 0.7; outside 0.1, and in the second frame (0.7 + 8 * 0.1) / 9.
    moves = np.log([0.72 / 0.12, 0.72 / (1.5 / 9 + 0.02), 0.72 / 0.12])
    overlap = np.array([0.5, 0.5, 0.5])
    # In the second frame a ninth of the outside is red.
    colours = np.array([1, ((8 / 9) ** 2 / (10 / 9) + 8 / 9) / 2, 1])
    own = np.stack([moves, overlap, colours], axis=1)
    np.testing.assert_allclose(found, (own + own.mean(axis=0)) / 2)


def test_masks_that_follow_the_flow_overlap():
    labels = [row("##........"), row(".##......."), row("..##......")]
    every = np.arange(COUNT - 1)
    moving = [Links(every, every + 1, np.ones(COUNT - 1))] * 2
    frames, motion = [frame(set())] * 3, [np.ones(COUNT)] * 3
    np.testing.assert_allclose(evidence(frames, moving, labels, motion)[:, 1], 1)
    assert evidence(frames, straight(3), labels, motion)[:, 1].max() < 0.4


def test_frames_without_a_boundary_have_no_evidence_and_no_confidence():
    labels = [row("##........"), row(".........."), row("##########")]
    found = evidence([frame({0})] * 3, straight(3), labels, [np.ones(COUNT)] * 3)
    assert np.isnan(found).all(axis=1).tolist() == [False, True, True]
    expected = expected_overlap(found)
    assert expected[0] > 0
    assert expected[1:].tolist() == [0, 0]


def test_the_expected_overlap_is_logistic_and_rises_with_all_evidence():
    found = np.array([[1.0, 0.5, 0.5]])
    weights = np.array([0.5, 4.0, 1.0])
    assert expected_overlap(found, weights, -3.0)[0] == pytest.approx(0.5)
    assert expected_overlap(found, weights, -2.0)[0] == pytest.approx(1 / (1 + np.exp(-1)))
    for k in range(3):
        assert expected_overlap(found + 0.1 * np.eye(3)[k]) > expected_overlap(found)


@pytest.mark.parametrize("window", [120, 14])
def test_a_shot_has_a_confidence_a_frame(window):
    frames, _ = moving_disc(30)
    result = segment_shot(iter(frames), MotionSegmentation(window=window, overlap=3))
    assert len(result.confidences) == len(result.evidence) == 30
    assert np.median(result.confidences) > 0.9
    assert min(result.confidences) > 0.5


@pytest.mark.parametrize(("length", "side"), [(4, 60), (1, 60), (4, 16), (0, 60)])
def test_what_is_not_found_has_no_confidence(length, side):
    frames = [np.zeros((side, 80, 3), np.uint8)] * length
    result = segment_shot(iter(frames), MotionSegmentation())
    assert result.reason is not None
    assert result.confidences == [0] * length


def test_a_labelling_without_background_has_no_confidence(monkeypatch):
    frames, _ = moving_disc(5)
    kept = foreground._label

    def swallow(*given):
        labels, fell_back = kept(*given)
        return [np.ones_like(each) for each in labels], fell_back

    monkeypatch.setattr(foreground, "_label", swallow)
    result = segment_shot(iter(frames), MotionSegmentation(refine=False))
    assert result.reason == ALL_FOREGROUND
    assert result.confidences == [0] * 5
    assert not any(mask.any() for mask in result.masks())


def test_a_fallback_halves_it(monkeypatch):
    frames, _ = moving_disc(8)
    settings = MotionSegmentation(refine=False)
    sure = segment_shot(iter(frames), settings)
    kept = foreground._label

    def collapse(*given):
        labels, _ = kept(*given)
        return labels, True

    monkeypatch.setattr(foreground, "_label", collapse)
    doubted = segment_shot(iter(frames), settings)
    assert doubted.fallbacks == 1
    np.testing.assert_allclose(doubted.confidences, np.array(sure.confidences) / 2)

import numpy as np
import pytest

from mcnn.config.motion import MotionSegmentation
from mcnn.motion import foreground as label
from mcnn.motion.features import Pair
from mcnn.motion.foreground import collapsed, label_frames, locate
from mcnn.motion.superpixels import Links, describe

SIDE = 20


def shot(count=5):
    """Frames of 20 x 20 one-colour tiles of 4 x 4 pixels; a block of 4 x 4 of them is inside."""
    rng = np.random.default_rng(0)
    grid = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    labels = np.kron(grid, np.ones((4, 4))).astype(np.int32)
    inside = np.zeros((SIDE, SIDE), bool)
    inside[8:12, 8:12] = True
    colour = np.where(inside[..., None], (200, 50, 50), (50, 120, 60)) + rng.normal(
        0, 8, (20, 20, 3)
    )
    frame = np.kron(colour, np.ones((4, 4, 1))).clip(0, 255).astype(np.uint8)
    frames = [describe(frame, labels)] * count
    every = np.arange(SIDE * SIDE)
    links = Links(every, every, np.ones(len(every)))
    ratio = np.where(inside, 0.8, 0.02).ravel()
    pair = Pair(links, ratio, ratio, np.full(len(every), 0.9))
    return frames, [pair] * (count - 1), inside.ravel()


@pytest.mark.parametrize("preset", ["default", "fos-2013"])
def test_the_inside_is_labelled(preset):
    frames, pairs, inside = shot()
    found = label_frames(frames, pairs, MotionSegmentation(preset=preset))
    assert found.moving
    assert not found.fell_back
    for labels in found.labels:
        np.testing.assert_array_equal(labels, inside)


def test_locations_stay_off_the_ends():
    frames, pairs, inside = shot()
    for location in locate(frames, pairs, MotionSegmentation()):
        assert location[inside].min() == 0.99
        assert location[~inside].max() == 0.01


def test_the_last_frame_has_its_own_ratios_by_backward_flow():
    frames, pairs, inside = shot(2)
    only_backward = Pair(pairs[0].links, np.zeros(400), pairs[0].backward, np.zeros(400))
    found = locate(frames, [only_backward], MotionSegmentation())
    assert found[1][inside].min() > 0.5


@pytest.mark.parametrize("collapse_to", [False, True])
def test_a_collapse_falls_back_to_the_location(monkeypatch, collapse_to):
    frames, pairs, inside = shot()

    def collapse(frames, location, edges, settings):
        return np.full(len(location), collapse_to)

    monkeypatch.setattr(label, "_alternate", collapse)
    found = label_frames(frames, pairs, MotionSegmentation())
    assert found.fell_back
    np.testing.assert_array_equal(found.labels[2], inside)
    published = label_frames(frames, pairs, MotionSegmentation(preset="fos-2013"))
    assert not published.fell_back
    assert (published.labels[2] == collapse_to).all()


def test_collapse_by_area():
    area = np.array([10, 10, 10, 70])
    likely = np.array([True, True, False, False])
    assert collapsed(np.zeros(4, bool), likely, area)
    assert collapsed(np.ones(4, bool), likely, area)
    assert collapsed(np.array([False, False, True, False]), likely, area)
    assert not collapsed(np.array([True, False, False, False]), likely, area)
    assert not collapsed(np.array([True, True, True, False]), likely, area)

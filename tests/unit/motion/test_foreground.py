from dataclasses import replace

import numpy as np
import pytest
from tiles import SIDE, shot

from mcnn.config.motion import MotionSegmentation
from mcnn.motion import appearance
from mcnn.motion import foreground as label
from mcnn.motion.appearance import make_palette
from mcnn.motion.features import Pair
from mcnn.motion.foreground import collapsed, label_frames
from mcnn.motion.location import (
    LONG,
    SHORT,
    locate,
    normalise_by_otsu,
    normalise_by_shot,
    normalise_locally,
    propagate,
    ratios_of,
)
from mcnn.motion.superpixels import Links


@pytest.mark.parametrize("preset", ["default", "fast", "fos-2013"])
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
        assert location[inside].min() == 0.995
        assert location[~inside].max() == 0.005


def test_the_last_frame_has_what_the_flow_brings():
    frames, pairs, _ = shot(4)
    # Of the last frame but one, two thirds of a superpixel land in the next, a third behind that.
    tile = np.arange(SIDE * SIDE)
    links = Links(
        np.tile(tile, 2),
        np.concatenate([np.roll(tile, -1), np.roll(tile, -2)]),
        np.repeat([2 / 3, 1 / 3], SIDE * SIDE),
    )
    ahead = [replace(pair, ratio=t * pair.ratio) for t, pair in enumerate(pairs, 1)]
    ahead[-1] = replace(ahead[-1], links=links)
    found = ratios_of(frames, ahead)
    for t, pair in enumerate(ahead):
        np.testing.assert_array_equal(found[t], pair.ratio)
    last = 3 * pairs[0].ratio
    np.testing.assert_allclose(found[3], np.roll(last, 1) * 2 / 3 + np.roll(last, 2) / 3)
    assert ratios_of(frames[:1], [])[0].tolist() == [0] * SIDE**2


@pytest.mark.parametrize("preset", ["default", "fast", "fos-2013"])
@pytest.mark.parametrize("memory", [LONG, SHORT])
def test_the_location_is_of_the_ratios_less_what_is_inside_by_chance(preset, memory):
    frames, pairs, _ = shot(3)
    rng = np.random.default_rng(0)
    ahead, quality = (rng.random((2, SIDE * SIDE)) for _ in range(2))
    pairs = [Pair(pairs[0].links, *each) for each in zip(ahead, quality, strict=True)]
    frames = [replace(frame, saliency=rng.random(SIDE * SIDE)) for frame in frames]
    if preset != "default":
        frames = [replace(frame, saliency=None) for frame in frames]
    settings = MotionSegmentation(preset=preset)
    noise = {"default": 0.05, "fast": 0.08, "fos-2013": 0}[preset]
    exponent, kept = {LONG: (1, 1), SHORT: (2, 0.5)}[memory]
    ratios = [*ahead, ahead[1]]
    prior = propagate(
        [np.maximum(ratio - noise, 0) ** exponent for ratio in ratios],
        [*(kept * quality), np.ones(SIDE * SIDE)],
        [pair.links for pair in pairs],
    )
    if preset == "default":
        prior = [p * (f.saliency + 0.6) / 1.6 for p, f in zip(prior, frames, strict=True)]
    area = [frame.sizes for frame in frames]
    expected = {
        "default": lambda: normalise_by_otsu(prior, area, 0.55, 0.005, 0.6, 61),
        "fast": lambda: normalise_locally(prior, 0.26, 0.01, 0.6, 11),
        "fos-2013": lambda: normalise_by_shot(prior, 0.75, 1e-6),
    }
    found = locate(frames, pairs, settings, memory)
    np.testing.assert_allclose(found, expected[preset]())


@pytest.fixture
def rounds(monkeypatch):
    """Labels a shot in at most so many rounds; what all cuts and mixtures were given.

    The answers of the cuts are random, that of the third once more, or those that are given.
    """

    def rounds(preset, most, answers=None):
        frames, pairs, _ = shot()
        rng, count = np.random.default_rng(0), len(frames) * SIDE * SIDE
        location = rng.uniform(0.01, 0.99, count)
        samples, densities, costs, pairwise = [], [], [], []
        answers = answers or [rng.random(count) < 0.5 for _ in range(3)]

        def log_densities(palette, weight, *others):
            for name, value in vars(expected).items():
                np.testing.assert_array_equal(getattr(palette, name), value)
            samples.append((weight, *others[:-1]))
            densities.append(rng.normal(-10, 3, count))
            return densities[-1]

        def minimiser(size, edges):
            assert size == count

            def minimise(foreground, background):
                costs.append((foreground, background))
                return answers[min(len(costs), len(answers)) - 1]

            return minimise

        colours = np.concatenate([frame.colours for frame in frames])
        expected = make_palette(colours, np.repeat(range(len(frames)), SIDE * SIDE))
        monkeypatch.setattr(label, "locate", lambda *_: np.split(location, len(frames)))
        monkeypatch.setattr(appearance, "log_densities", log_densities)
        monkeypatch.setattr(label, "Minimiser", minimiser)
        monkeypatch.setattr(label, "pairwise", lambda *given: pairwise.append(given))
        alone = {"fall_back": False, "short_memory": False, "least_strength": 0}
        settings = MotionSegmentation(preset=preset, rounds=most, **alone)
        found = np.concatenate(label_frames(frames, pairs, settings).labels)
        np.testing.assert_array_equal(found, answers[min(len(costs), len(answers)) - 1])
        return location, answers, samples, densities, costs, pairwise

    return rounds


@pytest.mark.parametrize(
    ("preset", "location_weight", "edge_weights", "stride"),
    [
        ("default", 2, (3000, 800), 8),
        ("fast", 4, (3000, 2400), 8),
        ("fos-2013", 5, (5000, 4000), 1),
    ],
)
def test_each_round_cuts_by_location_and_by_mixtures_of_the_labels_before(
    rounds, preset, location_weight, edge_weights, stride
):
    location, answers, samples, densities, costs, pairwise = rounds(preset, 9)
    # The fourth cut changes nothing, and is the last.
    assert len(costs) == 4
    if preset != "fos-2013":
        weights = [location**2, (1 - location) ** 2]
    else:
        weights = [location * (location > 0.2), (1 - location) * (location < 0.05)]
    for labels in answers:
        weights += [labels.astype(float), (~labels).astype(float)]
    for k, (found, weight) in enumerate(zip(samples, weights, strict=True)):
        np.testing.assert_allclose(found[0], weight)
        assert found[1:] == ((5, 8)[k % 2], 1e-4, stride)
    for k, (foreground, background) in enumerate(costs):
        of_foreground, of_background = densities[2 * k : 2 * k + 2]
        expected = 10 * (-location_weight * np.log(location) - of_foreground)
        np.testing.assert_allclose(foreground, expected)
        expected = 10 * (-location_weight * np.log(1 - location) - of_background)
        np.testing.assert_allclose(background, expected)
    ((_, _, spatial, temporal, _, contrast),) = pairwise
    assert (spatial, temporal) == edge_weights
    assert contrast == (2 if preset == "default" else 0)


@pytest.mark.parametrize("most", [1, 2, 4])
def test_there_are_no_more_cuts_than_rounds(rounds, most):
    *_, costs, _ = rounds("default", most)
    assert len(costs) == most


@pytest.mark.parametrize("left", [False, True])
def test_where_one_label_is_left_no_other_cut_follows(rounds, left):
    *_, costs, _ = rounds("default", 4, [np.full(5 * SIDE * SIDE, left)])
    assert len(costs) == 1


@pytest.mark.parametrize("collapse_to", [False, True])
def test_a_collapse_falls_back_to_the_location(monkeypatch, collapse_to):
    frames, pairs, inside = shot()

    def collapse(frames, location, minimise, settings):
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


def parallax(bird_moves):
    """Half of the frame moves a little all the time; one superpixel a frame moves for itself."""
    frames, pairs, _ = shot(20)
    ground = np.zeros((SIDE, SIDE), bool)
    ground[:, : SIDE // 2] = True
    made = []
    for t in range(len(pairs)):
        bird = np.zeros((SIDE, SIDE), bool)
        bird[t % 16 : t % 16 + 4, 14:18] = bird_moves
        ratio = np.where(bird, 1.0, np.where(ground, 0.6, 0.05)).ravel()
        motion = np.stack([np.where(bird, 6.0, np.where(ground, 0.15, 0)).ravel()] * 2, axis=1)
        made.append(replace(pairs[t], ratio=ratio, motion=motion))
    return frames, made, ground.ravel()


def test_what_moves_now_is_tried_where_the_motion_hardly_changes_at_the_boundary():
    frames, pairs, ground = parallax(bird_moves=True)
    found = label_frames(frames, pairs, MotionSegmentation())
    assert not any((labels & ground).any() for labels in found.labels)
    assert np.mean([labels.any() for labels in found.labels]) > 0.9
    alone = label_frames(frames, pairs, MotionSegmentation(short_memory=False))
    assert all(labels[ground].mean() > 0.9 for labels in alone.labels)


def test_a_slow_object_stays_where_nothing_else_has_more_contrast():
    frames, pairs, ground = parallax(bird_moves=False)
    found = label_frames(frames, pairs, MotionSegmentation())
    assert all((labels == ground).all() for labels in found.labels)


@pytest.mark.parametrize("chosen", [False, True])
def test_the_other_hypothesis_is_taken_where_it_outdoes_the_first(monkeypatch, chosen):
    frames, pairs, _ = shot(3)
    motions = [np.full((SIDE * SIDE, 2), float(t)) for t in range(2)]
    pairs = [replace(pair, motion=motion) for pair, motion in zip(pairs, motions, strict=True)]
    memories, labellings, judged = [], [], []

    def labelled(tiles):
        labels = np.zeros((3, SIDE * SIDE), bool)
        labels[:, :tiles] = True
        return list(labels)

    def locate(frames, pairs, settings, memory):
        memories.append(memory)
        return [np.full(SIDE * SIDE, 0.6)] * 3

    def a_labelling(frames, pairs, location, minimise, settings):
        labellings.append(labelled(10 + len(labellings)))
        return labellings[-1], len(labellings) == 2

    def outdoes(frames, motions_given, others, labels):
        np.testing.assert_array_equal(motions_given, motions)
        assert labels is labellings[0]
        assert others is labellings[1]
        return chosen

    def keep_likely(frames, labels, doubted, settings):
        assert labels is labellings[0]
        assert doubted is labellings[1]
        return labelled(5)

    def evidence(frames, links, labels, ratios):
        judged.append(labels)
        return np.zeros((3, 3))

    for name, stand_in in {
        "locate": locate,
        "_label": a_labelling,
        "outdoes": outdoes,
        "keep_likely": keep_likely,
        "evidence": evidence,
    }.items():
        monkeypatch.setattr(label, name, stand_in)
    found = label_frames(frames, pairs, MotionSegmentation())
    assert memories == [LONG, SHORT]
    np.testing.assert_array_equal(found.labels, labelled(11 if chosen else 5))
    assert judged == [found.labels]
    assert found.fell_back == chosen


@pytest.mark.parametrize("still", [LONG, SHORT])
def test_nothing_moves_where_one_of_the_locations_is_nowhere_likely(monkeypatch, still):
    frames, pairs, inside = shot(3)

    def locate(frames, pairs, settings, memory):
        sure = 0.5 if memory == still else 0.51
        return [np.where(inside, sure, 0.1)] * 3

    monkeypatch.setattr(label, "locate", locate)
    found = label_frames(frames, pairs, MotionSegmentation())
    assert not found.moving
    assert not np.any(found.labels)
    assert np.isnan(found.evidence).all()
    # A single location has the say where no other one is asked for.
    alone = label_frames(frames, pairs, MotionSegmentation(short_memory=False))
    assert alone.moving == (still == SHORT)


@pytest.mark.parametrize("least", [0, 0.3])
def test_what_moves_little_for_a_while_is_dropped(monkeypatch, least):
    """A block is found in two of ten frames, while another one moves in all."""
    frames, pairs, inside = shot(10)
    block = np.zeros((SIDE, SIDE), bool)
    block[2:6, 14:18] = True
    found = np.tile(inside, (10, 1))
    found[:2] |= block.ravel()
    monkeypatch.setattr(label, "_alternate", lambda *_: found.ravel())
    settings = MotionSegmentation(least_strength=least, short_memory=False)
    labels = np.stack(label_frames(frames, pairs, settings).labels)
    np.testing.assert_array_equal(labels, found if least == 0 else np.tile(inside, (10, 1)))

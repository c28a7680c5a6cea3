import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from paper_energy import latent_labels

from mcnn.config.labels import SHOT_SUPERVISIONS, TAG_SUPERVISIONS, Labels
from mcnn.errors import ConfigError
from mcnn.label_space import IGNORE
from mcnn.labels.arrays import PredictorInput
from mcnn.labels.ccnn import project
from mcnn.labels.em_adapt import em_adapt
from mcnn.labels.predictors import ON_SCORES, PREDICTORS, build_predictor, label_each
from mcnn.training.supervision import IMAGE_LOSSES


def shot(n_frames=4, size=48, seed=0):
    """A red square on green noise; its motion mask misses a quarter and sticks out at one side."""
    rng = np.random.default_rng(seed)
    images = np.full((n_frames, size, size, 3), (60, 150, 70))
    images += rng.integers(-20, 21, images.shape)
    truth = np.zeros((n_frames, size, size), bool)
    masks = truth.copy()
    for t in range(n_frames):
        truth[t, 10:34, 8 + t : 32 + t] = True
        masks[t, 10:28, 8 + t : 38 + t] = True
    images[truth] = np.array([200, 60, 50]) + rng.integers(-20, 21, (truth.sum(), 3))
    return images.astype(np.uint8), masks, truth


def small(tags, seed=0):
    """Three frames of noise, the network's output too, with padding."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (3, 7, 8, 3)).astype(np.uint8)
    masks = rng.random((3, 7, 8)) < 0.4
    valid = np.ones_like(masks)
    valid[1, -1] = False
    probabilities = np.moveaxis(rng.dirichlet(np.ones(4), (3, 7, 8)), -1, 1).astype(np.float32)
    return PredictorInput(images, masks, valid, probabilities, tags, np.random.default_rng(seed))


def iou(a, b):
    return (a & b).sum() / (a | b).sum()


def test_soft_labels_mend_the_motion_masks():
    images, masks, truth = shot()
    undecided = np.full((4, 4, 48, 48), 0.25, np.float32)
    rng = np.random.default_rng(0)
    frames = PredictorInput(images, masks, np.ones_like(masks), undecided, (2,), rng)
    labels = build_predictor("soft", Labels(lambda_=10), alpha=1)(frames)
    assert iou(masks, truth) < 0.65
    assert iou(labels == 2, truth) > 0.95


@pytest.mark.parametrize("alpha", [0.5, 2])
@pytest.mark.parametrize(("name", "motion"), [("soft", True), ("network_only", False)])
def test_the_energy_with_and_without_motion(name, motion, alpha):
    settings = Labels(lambda_=1, foreground_components=1, background_components=2, rounds=2)
    expected = latent_labels(small((2,)), settings, alpha, motion)
    found = build_predictor(name, settings, alpha, 2)(small((2,)))
    np.testing.assert_array_equal(found, expected)


def test_the_number_of_threads_is_passed_on():
    for name in ("soft", "network_only"):
        assert build_predictor(name, Labels(), 1, 3).threads == 3
        assert build_predictor(name, Labels(), 1).threads == 1


def test_hard_labels_are_the_motion_masks():
    frames = small((2,))
    expected = np.where(frames.masks, 2, 0)
    expected[~frames.valid] = IGNORE
    found = build_predictor("hard", Labels(), 1)(frames)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, expected)


def test_hard_labels_ignore_the_foreground_of_several_tags():
    frames = small((1, 3))
    expected = np.where(frames.masks | ~frames.valid, IGNORE, 0)
    np.testing.assert_array_equal(build_predictor("hard", Labels(), 1)(frames), expected)


def test_the_baselines_by_their_names():
    frames = small((2,))
    background, tag = frames.probabilities[:, 0], frames.probabilities[:, 2]
    pixels = frames.valid
    fixed = build_predictor("em_fixed", Labels(), 1)(frames)
    np.testing.assert_array_equal(fixed[pixels], np.where(background < np.e * tag, 2, 0)[pixels])
    adapted = build_predictor("em_adapt", Labels(), 1)(frames)
    constrained = build_predictor("ccnn", Labels(), 1)(frames)
    for t in range(3):
        p = frames.probabilities[t][:, pixels[t]].astype(float)
        biased = em_adapt(np.log(p), (2,), np.random.default_rng(0), 0.4, 0.2, 5)
        np.testing.assert_array_equal(adapted[t][pixels[t]], biased.argmax(0))
        q = project(p, (2,), (0.3, 0.7), 0.05, 2.0)
        np.testing.assert_allclose(constrained[t][:, pixels[t]], q, atol=1e-6)


def test_every_name_of_the_configuration_has_a_predictor_or_a_loss():
    assert {*PREDICTORS, *IMAGE_LOSSES} == set(SHOT_SUPERVISIONS)


def test_the_baselines_work_on_scores():
    baselines = set(TAG_SUPERVISIONS) - {"network_only"}
    assert baselines - set(IMAGE_LOSSES) == ON_SCORES


def test_a_plug_in_is_called_with_settings_alpha_and_threads(monkeypatch):
    plug_in = SimpleNamespace(build=lambda *arguments: arguments)
    monkeypatch.setitem(sys.modules, "plugged.in", plug_in)
    monkeypatch.setitem(sys.modules, "plugged", SimpleNamespace(__path__=[]))
    settings = Labels(rounds=2)
    assert build_predictor("plugged.in:build", settings, 1.5, 7) == (settings, 1.5, 7)


def test_an_unknown_plug_in_is_named():
    for name in ("nowhere.at_all:build", "mcnn.labels.predictors:nothing"):
        with pytest.raises(ConfigError, match=name):
            build_predictor(name, Labels(), 1)


@pytest.mark.parametrize("name", sorted(PREDICTORS))
def test_several_images_are_labelled_in_turn_by_every_predictor(name):
    """They share their random numbers."""

    def groups():
        rng = np.random.default_rng(3)
        for k, tags in enumerate([(1, 2, 3), (2,), (3, 1)]):
            frames = small(tags, seed=k)
            parts = {p: getattr(frames, p)[:1] for p in ("images", "masks", "valid")}
            yield replace(frames, probabilities=frames.probabilities[:1], rng=rng, **parts)

    predictor = build_predictor(name, Labels(lambda_=1), 1, 2)
    found = label_each(predictor, list(groups()))
    expected = [predictor(frames) for frames in groups()]
    assert len(found) == len(expected) == 3
    for labels, of_one in zip(found, expected, strict=True):
        np.testing.assert_array_equal(labels, of_one)

from types import SimpleNamespace

import pytest
import torch

from mcnn.config.labels import Labels
from mcnn.config.network import Network
from mcnn.config.record import StageRecord
from mcnn.config.training import Optimizer, Stage
from mcnn.experiments import pace
from mcnn.training.supervision import Supervision

CROP, FRAMES = 33, 3


def record(**changes):
    return StageRecord(
        **{
            "dataset": "videos",
            "images": None,
            "classes": ("boat", "car"),
            "start": "another/initial",
            "network": Network(architecture="shallow", width=0.2, weights="none"),
            "labels": Labels(stride=2),
            "stage": Stage(iterations=500, learning_rate=0.1, step_size=9, alpha=2, warmup=400),
            "optimizer": Optimizer(crop_size=CROP, iter_size=2, images_per_batch=4),
            **changes,
        }
    )


@pytest.fixture
def clock(monkeypatch):
    """A clock that losses alone advance: the first by 100 seconds, the k-th by k."""
    seen, time = [], [0.0]

    def supervise(supervision, scores, batch, rng, probabilities):
        seen.append(batch)
        time[0] += len(seen) if len(seen) > 1 else 100.0
        return original(supervision, scores, batch, rng, probabilities)

    original = Supervision.__call__
    monkeypatch.setattr(Supervision, "__call__", supervise)
    monkeypatch.setattr(pace.time, "perf_counter", lambda: time[0])
    return seen


def test_two_updates_after_a_first_are_timed(clock):
    """The first of them has the mini-batches 1 and 2."""
    assert pace.seconds_per_update(record(), FRAMES, "cpu", 1) == (3 + 4 + 5 + 6) / 2
    for batch in clock:
        assert batch.is_shot
        assert batch.images.shape == (FRAMES, CROP, CROP, 3)
        assert 0.1 < batch.masks.mean() < 0.5


@pytest.mark.parametrize(("iter_size", "timed"), [(1, (5, 6)), (3, (7, 8, 9, 10, 11, 12))])
def test_what_a_frozen_backbone_looks_at_once_is_not_timed(clock, iter_size, timed):
    """Four mini-batches have all frames: 4 updates of one of them, or 2 of three."""
    frozen = {"backbone_multiplier": 0, "backbone_input": "frames", "iter_size": iter_size}
    settings = record(
        classes=("boat", "car", "cat", "cow"),
        network=Network(architecture="mobilenet_v2", weights="none"),
        optimizer=Optimizer(crop_size=CROP, images_per_batch=4, **frozen),
        labels=Labels(stride=4),
    )
    assert pace.seconds_per_update(settings, FRAMES, "cpu", 1) == sum(timed) / 2


def test_images_come_in_mini_batches_of_their_own(clock):
    labels = Labels(image_predictor="full", stride=2)
    images = record(dataset=None, images="voc", labels=labels)
    assert pace.seconds_per_update(images, FRAMES, "cpu", 1) > 0
    for batch in clock:
        assert not batch.is_shot
        assert batch.images.shape == (4, CROP, CROP, 3)
        assert set(batch.truth.ravel()) == {0, 1, 2}


def test_it_takes_time():
    assert 0 < pace.seconds_per_update(record(images="voc"), FRAMES, "cpu", 1) < 60


def test_a_localization_is_timed_as_it_runs_on_its_device(monkeypatch):
    seen = []

    def localize(frames, numbers, labels, network, settings, *, threads, on_cpu):
        seen.append((len(frames), threads, on_cpu))
        return []

    monkeypatch.setattr(pace, "localize_shot", localize)
    settings = SimpleNamespace(
        device="d", threads=3, colocalization=SimpleNamespace(longer_side=32)
    )
    for device in ("cpu", "meta"):
        monkeypatch.setattr(pace, "pick_device", lambda _, device=device: torch.device(device))
        pace.seconds_per_frame(record(), settings)
    assert seen == [(1, 3, True), (8, 3, True), (1, 3, False), (8, 3, False)]

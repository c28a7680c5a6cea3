"""Trainings of DeepLab that are killed, and go on as if nothing had happened."""

import math
import os
import signal

import numpy as np
import pytest
import torch
from tiny_training import CLASSES, MEAN, Recorder, make_images, write_shots

from mcnn.config.labels import Labels
from mcnn.config.network import Network
from mcnn.config.record import StageRecord
from mcnn.config.training import Optimizer, Stage
from mcnn.networks.build import build_network
from mcnn.training.batches import LABELS, MiniBatches
from mcnn.training.checkpoint import Checkpoint
from mcnn.training.loop import train
from mcnn.training.signals import Stopped

N_UPDATES, ITER_SIZE = 6, 2
RECORD = StageRecord(
    dataset="d",
    images="i",
    classes=CLASSES,
    start=None,
    network=Network(architecture="deeplab_large_fov", width=0.05, weights="none"),
    labels=Labels(predictor="recorder:build", image_predictor="recorder:build"),
    stage=Stage(iterations=N_UPDATES, learning_rate=0.05, step_size=2, alpha=2, warmup=3),
    optimizer=Optimizer(crop_size=17, iter_size=ITER_SIZE, images_per_batch=4),
)


class Killed(Exception):
    """What a signal does to a training, at a place of the test's choice."""


class Watched(MiniBatches):
    """Mini-batches that keep the numbers of those that are begun, and end the training at one."""

    def rng(self, stream, number):
        if stream == LABELS:
            self.numbers.append(number)
            if number == self.kill_at:
                raise Killed(self.numbers)
            if number == self.signal_at:
                os.kill(os.getpid(), signal.SIGTERM)
        return super().rng(stream, number)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Trains from where a checkpoint has it; weights, history, momentum, what was begun."""
    folder = tmp_path_factory.mktemp("resumed")
    samples, images = write_shots(folder / "samples.parquet"), make_images(folder)

    def run(
        name, every, kill_batch=None, kill_label=None, *, minutes=math.inf, threads=1, **signals
    ):
        def labels(frames, number):
            """Out of alpha and the random numbers of their own stream."""
            if len(recorder.given) == kill_label:
                raise Killed(batches.numbers)
            alpha, *_ = recorder.given[-1]
            choice = np.random.default_rng([number, int(alpha)]).choice
            return choice([0, *frames.tags], frames.valid.shape).astype(np.uint8)

        torch.manual_seed(0)
        network = build_network(RECORD.network, 1 + len(CLASSES))
        batches = Watched(samples, range(3), images, CLASSES, RECORD.optimizer, MEAN, 5)
        batches.numbers, batches.kill_at = [], kill_batch
        batches.signal_at = signals.get("signal_batch")
        checkpoint = Checkpoint(folder / name, "mark", every, minutes)
        with pytest.MonkeyPatch.context() as patch:
            optimizers = []

            class SGD(torch.optim.SGD):
                def __init__(self, *given, **options):
                    super().__init__(*given, **options)
                    self.n_steps = 0
                    optimizers.append(self)

                def step(self, *given):
                    self.n_steps += 1
                    if self.n_steps == signals.get("signal_step"):
                        os.kill(os.getpid(), signal.SIGUSR1)
                    return super().step(*given)

            patch.setattr(torch.optim, "SGD", SGD)
            recorder = Recorder(patch)
            recorder.answer = labels
            torch.seed()
            history = train(network, batches, RECORD, torch.device("cpu"), checkpoint, threads)
        rows = [tuple(vars(row).values()) for row in history]
        return network.state_dict(), rows, content(optimizers[0].state_dict()), batches.numbers

    return run


@pytest.fixture(scope="module")
def uninterrupted(run):
    return run("uninterrupted", 1)


def content(state):
    """All tensors and values of a state, by where they are."""

    def walk(value, where):
        if isinstance(value, dict):
            items = value.items()
        elif isinstance(value, (list, tuple)):
            items = enumerate(value)
        else:
            return {where: value}
        return {k: v for key, each in items for k, v in walk(each, f"{where}/{key}").items()}

    return walk(state, "")


def assert_same(first, second):
    assert first.keys() == second.keys()
    for name, value in first.items():
        np.testing.assert_array_equal(np.asarray(value), np.asarray(second[name]), name)


@pytest.mark.parametrize(
    ("every", "killed", "at", "goes_on_at"),
    [
        # Inside of an update, between two, while labels are inferred, before any checkpoint.
        (1, {"kill_batch": 5}, 5, 4),
        (2, {"kill_batch": 10}, 10, 8),
        (3, {"kill_label": 14}, 8, 6),
        (6, {"kill_batch": 6}, 6, 0),
    ],
)
def test_a_killed_training_ends_with_the_same_weights_history_and_momentum(
    run, uninterrupted, every, killed, at, goes_on_at
):
    weights, history, state, numbers = uninterrupted
    assert sum("momentum_buffer" in where for where in state) == len(weights)
    with pytest.raises(Killed) as caught:
        run(str(killed), every, **killed)
    assert caught.value.args[0] == numbers[: at + 1]
    resumed, resumed_history, resumed_state, again = run(str(killed), every)
    assert again == numbers[goes_on_at:]
    assert_same(resumed, weights)
    np.testing.assert_array_equal(resumed_history, history)
    assert_same(resumed_state, state)


@pytest.mark.parametrize(
    "ended", [{"kill_batch": 5}, {"kill_label": 14}, {"signal_batch": 7}, {"signal_step": 3}]
)
def test_a_training_that_is_ended_may_go_on_with_other_threads(run, uninterrupted, ended):
    """While mini-batches are read ahead, and the next ones are on their way."""
    weights, history, state, _ = uninterrupted
    name = f"threads-{ended}"
    with pytest.raises((Killed, Stopped)):
        run(name, 1, threads=3, **ended)
    resumed, resumed_history, resumed_state, _ = run(name, 1, threads=2)
    assert_same(resumed, weights)
    np.testing.assert_array_equal(resumed_history, history)
    assert_same(resumed_state, state)


@pytest.mark.parametrize(
    ("name", "signalled", "goes_on_at"),
    [
        # In the first update, of which nothing is kept; inside of one; in a step; in the last one.
        ("first", {"signal_batch": 1}, 0),
        ("inside", {"signal_batch": 7}, 6),
        ("step", {"signal_step": 3}, 6),
        ("last", {"signal_step": N_UPDATES}, N_UPDATES * ITER_SIZE),
    ],
)
def test_a_signal_leaves_the_last_whole_update(
    run, uninterrupted, name, signalled, goes_on_at, caplog
):
    weights, history, state, numbers = uninterrupted
    with pytest.raises(Stopped):
        run(f"signal-{name}", 1000, **signalled)
    assert f"after {goes_on_at // ITER_SIZE} updates" in caplog.text
    resumed, resumed_history, resumed_state, again = run(f"signal-{name}", 1000)
    assert again == numbers[goes_on_at:]
    assert_same(resumed, weights)
    np.testing.assert_array_equal(resumed_history, history)
    if again:
        assert_same(resumed_state, state)


@pytest.mark.parametrize(("minutes", "goes_on_at"), [(1e-9, 8), (60.0, 0)])
def test_a_checkpoint_is_due_after_so_many_minutes(run, minutes, goes_on_at):
    name = f"minutes-{minutes}"
    with pytest.raises(Killed):
        run(name, 1000, kill_batch=9, minutes=minutes)
    assert run(name, 1000)[3] == list(range(goes_on_at, N_UPDATES * ITER_SIZE))


def test_a_finished_training_is_not_trained_again_and_keeps_no_momentum(run, uninterrupted):
    weights, history, _, _ = uninterrupted
    again, same_history, momentum, numbers = run("uninterrupted", 1)
    assert numbers == []
    assert_same(again, weights)
    np.testing.assert_array_equal(same_history, history)
    assert not any("momentum_buffer" in where for where in momentum)

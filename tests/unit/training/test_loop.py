import numpy as np
import pytest
import torch

from mcnn.artefacts.samples import Sample
from mcnn.config.labels import Labels
from mcnn.config.network import Network
from mcnn.config.record import StageRecord
from mcnn.config.training import Optimizer, Stage
from mcnn.networks.build import build_network
from mcnn.training.batches import MiniBatches
from mcnn.training.checkpoint import Checkpoint
from mcnn.training.loop import alpha_of, train

MEAN = (0.485, 0.456, 0.406)


class Samples:
    """Three shots of two frames in memory, with the interface of a SampleFile."""

    def __init__(self):
        rng = np.random.default_rng(0)
        tags = [("boat",), ("car",), ("boat",)]
        self.shots = [(f"v{i}", 0, tag) for i, tag in enumerate(tags)]
        self.images = rng.integers(0, 256, (3, 2, 40, 44, 3)).astype(np.uint8)
        self.masks = np.zeros((3, 2, 40, 44), bool)
        self.masks[:, :, 10:30, 12:34] = True
        for image, mask, tag in zip(self.images, self.masks, tags, strict=True):
            image[mask] = (250, 10, 10) if tag == ("boat",) else (10, 10, 250)

    def read(self, index):
        return Sample(*self.shots[index], self.images[index], self.masks[index])


def record(iterations=6, step_size=3, **labels):
    return StageRecord(
        dataset="d",
        images=None,
        classes=("boat", "car"),
        start=None,
        network=Network(architecture="shallow", width=0.2, weights="none"),
        labels=Labels(**labels),
        stage=Stage(iterations=iterations, learning_rate=0.05, step_size=step_size, alpha=1),
        optimizer=Optimizer(crop_size=33),
    )


def run(settings, checkpoint, seed=0, samples=None):
    torch.manual_seed(seed)
    network = build_network(settings.network, 3)
    batches = MiniBatches(
        samples or Samples(), range(3), [], settings.classes, settings.optimizer, MEAN, seed
    )
    history = train(
        network, batches, settings, torch.device("cpu"), Checkpoint(checkpoint, "mark", 2)
    )
    return network.state_dict(), history


def same(a, b):
    return all(torch.equal(a[name], b[name]) for name in a)


def test_the_seed_decides_all(tmp_path):
    first, history = run(record(), tmp_path / "a")
    again, _ = run(record(), tmp_path / "b")
    other, _ = run(record(), tmp_path / "c", seed=1)
    assert same(first, again)
    assert not same(first, other)
    assert [row.iteration for row in history] == list(range(6))
    assert [row.learning_rate for row in history] == pytest.approx([0.05] * 3 + [0.005] * 3)


def test_a_resumed_training_ends_with_the_same_weights(tmp_path):
    class Interrupted(Samples):
        reads = 0

        def read(self, index):
            self.reads += 1
            if self.reads == 6:
                raise KeyboardInterrupt
            return super().read(index)

    expected, history = run(record(), tmp_path / "a")
    with pytest.raises(KeyboardInterrupt):
        run(record(), tmp_path / "b", samples=Interrupted())
    counting = Interrupted()
    counting.reads = 100
    resumed, resumed_history = run(record(), tmp_path / "b", samples=counting)
    assert counting.reads == 102, "two of six iterations were left"
    assert same(expected, resumed)
    np.testing.assert_array_equal(
        [tuple(vars(row).values()) for row in history],
        [tuple(vars(row).values()) for row in resumed_history],
    )


def test_training_lowers_the_loss(tmp_path):
    _, history = run(record(40, 100, predictor="hard"), tmp_path / "a")
    losses = [row.loss for row in history]
    assert np.mean(losses[-6:]) < 0.5 * np.mean(losses[:3])
    assert all(row.agreement == 1 for row in history)


def test_alpha_is_0_during_the_warm_up():
    stage = Stage(iterations=10, learning_rate=1, step_size=9, alpha=2, warmup=3)
    assert [alpha_of(i, stage) for i in range(5)] == [0, 0, 0, 2, 2]


def test_class_weights_count_the_shots_of_each_class():
    batches = MiniBatches(Samples(), range(3), [], ("boat", "car"), record().optimizer, MEAN, 0)
    assert batches.n_samples() == [2, 1]


def test_every_shot_is_seen_once_an_epoch():
    batches = MiniBatches(Samples(), range(3), [], ("boat", "car"), record().optimizer, MEAN, 0)
    tags = [batches(i).groups[0][1] for i in range(9)]
    for epoch in range(3):
        assert sorted(tags[3 * epoch : 3 * epoch + 3]) == [(1,), (1,), (2,)]

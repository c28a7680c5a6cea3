"""Weights do not depend on threads; what is read ahead, and how it ends."""

import threading

import numpy as np
import pytest
import torch
from tiny_training import CLASSES, MEAN, make_images, write_shots
from torch import nn

from mcnn.config.labels import Labels
from mcnn.config.network import Network
from mcnn.config.record import StageRecord
from mcnn.config.training import Optimizer, Stage
from mcnn.networks.base import SegmentationNetwork
from mcnn.networks.build import build_network
from mcnn.networks.dropout import Dropout
from mcnn.training.batches import MiniBatches
from mcnn.training.calibrate import calibrate
from mcnn.training.frozen import frozen_features
from mcnn.training.gradients import AHEAD, Gradients
from mcnn.training.loop import train

CPU = torch.device("cpu")
ARCHITECTURES = ("deeplab_large_fov", "deeplab_small_fov", "shallow")


def record(architecture="shallow", iterations=3, iter_size=2, **labels):
    return StageRecord(
        dataset="d",
        images="i",
        classes=CLASSES,
        start=None,
        network=Network(architecture=architecture, width=0.1, weights="none"),
        labels=Labels(rounds=2, stride=2, **labels),
        stage=Stage(iterations=iterations, learning_rate=0.05, step_size=2, alpha=2, warmup=1),
        optimizer=Optimizer(crop_size=65, iter_size=iter_size, images_per_batch=3),
    )


class Watched(MiniBatches):
    """Mini-batches that keep the numbers read, and fail at one."""

    fail_at = None

    def __call__(self, number):
        self.numbers = [*getattr(self, "numbers", []), number]
        if number == self.fail_at:
            raise OSError(f"mini-batch {number} cannot be read")
        return super().__call__(number)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gradients")
    return write_shots(folder / "samples.parquet"), make_images(folder)


@pytest.fixture
def batches(inputs):
    samples, images = inputs
    return Watched(samples, range(3), images, CLASSES, record().optimizer, MEAN, 5)


def trained(batches, settings, threads, torch_threads=1):
    torch.manual_seed(0)
    network = build_network(settings.network, 1 + len(CLASSES))
    before = torch.get_num_threads()
    torch.set_num_threads(torch_threads)
    try:
        history = train(network, batches, settings, CPU, None, threads)
        assert torch.get_num_threads() == torch_threads
    finally:
        torch.set_num_threads(before)
    return network.state_dict(), [tuple(vars(row).values()) for row in history]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("iter_size", [1, 5])
def test_weights_are_the_same_for_any_number_of_threads(batches, architecture, iter_size):
    settings = record(architecture, iter_size=iter_size)
    weights, history = trained(batches, settings, 1)
    for threads, of_torch in ((2, 1), (3, 4), (8, 2)):
        same, same_history = trained(batches, settings, threads, of_torch)
        np.testing.assert_array_equal(same_history, history)
        for name, value in weights.items():
            assert torch.equal(same[name], value), name


@pytest.mark.parametrize("most_mb", [0, 100])
@pytest.mark.parametrize("iter_size", [1, 5])
def test_weights_on_features_of_whole_frames_are_the_same_for_any_number_of_threads(
    batches, iter_size, most_mb
):
    settings = record("mobilenet_v2", iter_size=iter_size)
    frozen = {"backbone_multiplier": 0, "backbone_input": "frames"}
    optimizer = settings.optimizer.model_copy(update=frozen)
    settings = settings.model_copy(update={"optimizer": optimizer})
    batches.settings = optimizer

    def weights(threads, of_torch, memory):
        torch.manual_seed(0)
        network = build_network(settings.network, 1 + len(CLASSES))
        before = torch.get_num_threads()
        torch.set_num_threads(of_torch)
        try:
            features = frozen_features(network, optimizer, memory)
            train(network, batches, settings, CPU, None, threads, features)
            assert bool(features._known) == (memory > 0)
        finally:
            torch.set_num_threads(before)
        return network.classifier.state_dict()

    expected = weights(1, 1, 100)
    for threads, of_torch in ((2, 1), (3, 4)):
        found = weights(threads, of_torch, most_mb)
        assert all(torch.equal(found[name], value) for name, value in expected.items())


def test_statistics_of_features_are_the_same_for_any_number_of_threads(batches, monkeypatch):
    asked = []
    monkeypatch.setattr(torch, "set_num_threads", asked.append)

    def statistics(threads):
        torch.manual_seed(0)
        settings = Network(architecture="mobilenet_v2", weights="none", mean=MEAN, std=MEAN)
        network = build_network(settings, 1 + len(CLASSES))
        calibrate(network, batches, CPU, threads)
        return torch.stack([network.standardise.mean, network.standardise.std])

    assert torch.equal(statistics(1), statistics(3))
    assert asked == 2 * [1, torch.get_num_threads()]


@pytest.mark.parametrize("threads", [1, 3])
def test_each_mini_batch_is_read_once_and_none_that_is_not_wanted(batches, threads):
    trained(batches, record(iterations=4), threads)
    assert batches.numbers == list(range(8))


def test_few_mini_batches_are_read_ahead(batches):
    network = build_network(record().network, 1 + len(CLASSES)).train()
    seen = []

    def supervise(scores, batch, rng, probabilities):
        for each in gradients._read.values():
            each.result()
        seen.append(len(batches.numbers))
        return scores.sum(), float("nan")

    checked = []
    with Gradients(network, batches, CPU, 2, 100) as gradients:
        gradients.accumulate(range(4), supervise, lambda: checked.append(len(seen)))
        assert len(gradients._read) == AHEAD
    assert checked == [0, 1, 2, 3]
    # The next mini-batch is on its way through the network before the labels of one are inferred.
    assert seen == [2 + AHEAD, 3 + AHEAD, 4 + AHEAD, 4 + AHEAD]


@pytest.mark.parametrize("threads", [1, 3])
def test_an_error_while_reading_ends_the_training_when_its_mini_batch_is_due(batches, threads):
    batches.fail_at = 5
    before = threading.active_count()
    network, seen = build_network(record().network, 4), []

    def supervise(scores, batch, rng, probabilities):
        seen.append(1)
        return scores.sum(), 0.0

    with (
        Gradients(network, batches, CPU, threads, 100) as gradients,
        pytest.raises(OSError, match="mini-batch 5 cannot be read"),
    ):
        gradients.accumulate(range(9), supervise, lambda: None)
    # As many are begun before the labels of the first of them are inferred.
    assert len(seen) == 5 - (threads - 1)
    assert threading.active_count() == before


class Shared(SegmentationNetwork):
    """Two parameters of which autograd gives out one tensor as the gradient, and one unused."""

    output_stride = 4

    def __init__(self):
        super().__init__(Network(mean=MEAN, std=(1, 1, 1)))
        self.first, self.second = (nn.Parameter(torch.zeros(1, 4, 17, 17)) for _ in range(2))
        self.unused = nn.Parameter(torch.zeros(3))

    def forward(self, images):
        return images[:, :1, ::4, ::4] * 0 + (self.first + self.second)


@pytest.mark.parametrize("threads", [1, 2])
def test_gradients_of_frames_add_up_even_where_parameters_share_one(batches, threads):
    network = Shared()
    with Gradients(network, batches, CPU, threads, 2) as gradients:
        gradients.accumulate(range(2), lambda s, *_: (s.sum(), 0.0), lambda: None)
    frames = sum(len(batches(number).images) for number in range(2))
    for parameter in (network.first, network.second):
        assert parameter.grad.unique().tolist() == [frames / 2]
    assert network.unused.grad is None


class Failing(Shared):
    def forward(self, images):
        raise MemoryError("no room for a frame")


@pytest.mark.parametrize("threads", [1, 2])
def test_an_error_in_a_frame_is_the_trainings(batches, threads):
    with (
        pytest.raises(MemoryError, match="no room for a frame"),
        Gradients(Failing(), batches, CPU, threads, 9) as gradients,
    ):
        gradients.accumulate(range(2), lambda s, *_: (s.sum(), 0.0), lambda: None)


class Dropped(Shared):
    """Scores that are the noise of the dropout alone."""

    def __init__(self):
        super().__init__()
        self.dropout = Dropout(0.5)

    def forward(self, images):
        noise = self.dropout(torch.ones(len(images), 4, 17, 17))
        return noise + 0 * (self.first + self.second)


@pytest.mark.parametrize("n_batches", [1, 2])
def test_each_frame_and_each_mini_batch_has_noise_of_its_own(batches, n_batches):
    seen = []

    def supervise(scores, batch, rng, probabilities):
        seen.extend(scores.detach().flatten(1).tolist())
        return scores.sum(), 0.0

    for first in (0, n_batches):
        with Gradients(Dropped().train(), batches, CPU, 2, 9) as gradients:
            gradients.accumulate(range(first, first + n_batches), supervise, lambda: None)
    assert len({tuple(each) for each in seen}) == len(seen) > 2 * n_batches
    assert {value for each in seen for value in each} == {0, 2}


def of_one_mini_batch(batches, threads=2, supervise=None, **settings):
    """Gradients of the shallow network in the first mini-batch, and the scores it was judged by."""
    torch.manual_seed(0)
    network = build_network(record().network, 1 + len(CLASSES)).train()
    batches.settings = batches.settings.model_copy(update=settings)
    seen = []

    def squares(scores, *_):
        seen.append(scores.detach())
        return (scores**2).mean(), 0.0

    with Gradients(network, batches, CPU, threads, 2) as gradients:
        gradients.accumulate(range(1), supervise or squares, lambda: None)
    return seen, {name: value.grad for name, value in network.named_parameters()}


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("size", [1, 2, 9])
def test_micro_batches_give_the_gradient_and_keep_nothing_of_the_first_pass(
    batches, monkeypatch, threads, size
):
    scores, expected = of_one_mini_batch(batches)
    passes = []
    inside = Gradients._scores

    def noted(self, part, keep):
        found = inside(self, part, keep)
        passes.append((len(part.images), found.requires_grad))
        return found

    monkeypatch.setattr(Gradients, "_scores", noted)
    same_scores, found = of_one_mini_batch(batches, threads, micro_batch_size=size)
    n = len(batches(0).images)
    # A CPU takes frames one by one anyway.
    assert sorted(passes) == n * [(1, False)] + n * [(1, True)]
    assert torch.equal(same_scores[0], scores[0])
    for name, gradient in expected.items():
        assert torch.equal(found[name], gradient), name


@pytest.mark.parametrize("size", [2, 3, 9])
def test_micro_batches_of_several_mini_batches(batches, monkeypatch, size):
    sizes = []
    inside = SegmentationNetwork.__call__
    monkeypatch.setattr(
        SegmentationNetwork, "__call__", lambda self, x: sizes.append(len(x)) or inside(self, x)
    )
    settings = record("shallow", iterations=1)
    expected, _ = trained(batches, settings, 2)
    whole = [len(batches(number).images) for number in range(2)]
    assert sorted(sizes) == sorted(whole)
    optimizer = settings.optimizer.model_copy(update={"micro_batch_size": size})
    batches.settings = optimizer
    found, _ = trained(batches, settings.model_copy(update={"optimizer": optimizer}), 2)
    parts = [min(size, n - t) for n in whole for t in range(0, n, size)]
    assert sorted(sizes[2:]) == sorted(2 * parts)
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value)


def test_bfloat16_rounds_the_network_alone(batches):
    (scores,), expected = of_one_mini_batch(batches)
    types = []

    def supervise(scores, batch, rng, probabilities):
        types.append(scores.dtype)
        assert not torch.is_autocast_enabled("cpu")
        return (scores**2).mean(), 0.0

    _, found = of_one_mini_batch(batches, 2, supervise, precision="bfloat16")
    (rounded,), _ = of_one_mini_batch(batches, precision="bfloat16")
    assert types == [torch.float32]
    assert not torch.equal(rounded, scores)
    torch.testing.assert_close(rounded, scores, rtol=0.05, atol=0.02)
    for name, gradient in expected.items():
        assert found[name].dtype == torch.float32
        # Of biases whose gradients are sums of what cancels, rounding alone is left.
        assert 0 < (found[name] - gradient).norm() < 0.3 * gradient.norm() + 1e-5, name


@pytest.mark.parametrize("threads", [2, 3])
def test_weights_of_bfloat16_are_the_same_for_any_number_of_threads(batches, threads):
    batches.settings = batches.settings.model_copy(update={"precision": "bfloat16"})
    weights, _ = trained(batches, record(), 1)
    same, _ = trained(batches, record(), threads)
    assert all(torch.equal(same[name], value) for name, value in weights.items())

"""What a GPU is asked for and when, on a pretended one; and a training on a real one."""

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
from mcnn.training.batches import MiniBatches
from mcnn.training.deterministic import deterministic
from mcnn.training.gradients import Gradients
from mcnn.training.loop import train

META = torch.device("meta")
"""The device without data."""
ON_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no GPU")


def optimizer(**settings):
    return Optimizer(**{"crop_size": 65, "images_per_batch": 3, "iter_size": 2} | settings)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gpu")
    return write_shots(folder / "samples.parquet"), make_images(folder)


@pytest.fixture
def batches(inputs):
    samples, images = inputs
    return MiniBatches(samples, range(3), images, CLASSES, optimizer(), MEAN, 5)


class Noted(SegmentationNetwork):
    """Notes what goes through it, and in which thread."""

    output_stride = 4

    def __init__(self, seen):
        super().__init__(Network(mean=MEAN, std=(1, 1, 1)))
        self.bias, self.seen = nn.Parameter(torch.zeros(1, 4, 17, 17)), seen

    def forward(self, images):
        self.seen.append(("forward", len(images), threading.current_thread()))
        return images[:, :1, ::4, ::4] * 0 + self.bias


class NotedSupervision:
    """Notes when probabilities are asked for and labels inferred from them."""

    def __init__(self, seen):
        self.seen, self.asked = seen, 0

    def begin(self, scores, batch):
        assert not scores.requires_grad
        self.seen.append(("begin", len(batch.images)))
        self.asked += 1
        return self.asked

    def __call__(self, scores, batch, rng, probabilities):
        self.seen.append(("labels", probabilities))
        return scores.sum(), 0.0


def asked_for(batches, numbers):
    seen = []
    network = Noted(seen).to(META)
    with (
        Gradients(network, batches, META, 3, numbers.stop) as gradients,
        pytest.raises(RuntimeError, match=r"item\(\) cannot be called on meta tensors"),
    ):
        gradients.accumulate(numbers, NotedSupervision(seen), lambda: None)
    return seen


def test_a_gpu_works_on_the_next_mini_batch_while_labels_are_inferred(batches):
    first, second, third = (len(batches(number).images) for number in range(3))
    here = threading.main_thread()
    # The loss is waited for last, where the meta device fails.
    assert asked_for(batches, range(3)) == [
        ("forward", first, here),
        ("begin", first),
        ("forward", second, here),
        ("begin", second),
        ("labels", 1),
        ("forward", third, here),
        ("begin", third),
        ("labels", 2),
        ("labels", 3),
    ]


def test_micro_batches_on_a_gpu_are_asked_for_together(batches):
    batches.settings = optimizer(micro_batch_size=2)
    n = len(batches(0).images)
    sizes = [min(2, n - t) for t in range(0, n, 2)]
    seen = asked_for(batches, range(1))
    steps = [step[:2] for step in seen]
    passes = [("forward", size) for size in sizes]
    assert steps == [*passes, ("begin", n), ("labels", 1), *passes]


def trained(batches, device, architecture="shallow", **settings):
    settings = optimizer(**settings)
    batches.settings = settings
    record = StageRecord(
        dataset="d",
        images="i",
        classes=CLASSES,
        start=None,
        network=Network(architecture=architecture, width=0.1, weights="none"),
        labels=Labels(rounds=2, stride=2),
        stage=Stage(iterations=3, learning_rate=0.05, step_size=2, alpha=2, warmup=1),
        optimizer=settings,
    )
    torch.manual_seed(0)
    network = build_network(record.network, 1 + len(CLASSES))
    history = train(network, batches, record, torch.device(device), None, 2)
    weights = {name: value.cpu() for name, value in network.state_dict().items()}
    return weights, [row.loss for row in history]


@ON_GPU
@pytest.mark.parametrize("iter_size", [1, 3])
def test_a_gpu_learns_what_a_cpu_does(batches, iter_size):
    weights, losses = trained(batches, "cpu", iter_size=iter_size)
    same, same_losses = trained(batches, "cuda", iter_size=iter_size)
    np.testing.assert_allclose(same_losses, losses, rtol=1e-2)
    for name, value in weights.items():
        torch.testing.assert_close(same[name], value, rtol=1e-2, atol=1e-3)


@ON_GPU
def test_a_gpu_learns_on_features_of_whole_frames_what_a_cpu_does(batches):
    frozen = {"backbone_multiplier": 0, "backbone_input": "frames"}
    weights, losses = trained(batches, "cpu", "mobilenet_v2", **frozen)
    same, same_losses = trained(batches, "cuda", "mobilenet_v2", **frozen)
    np.testing.assert_allclose(same_losses, losses, rtol=1e-2)
    name = "classifier.1.weight"
    torch.testing.assert_close(same[name], weights[name], rtol=1e-2, atol=1e-3)


@ON_GPU
@pytest.mark.parametrize("settings", [{"micro_batch_size": 2}, {"precision": "bfloat16"}])
def test_a_gpu_learns_nearly_the_same_with_settings(batches, settings):
    _, losses = trained(batches, "cuda")
    _, found = trained(batches, "cuda", **settings)
    np.testing.assert_allclose(found, losses, rtol=5e-2)


@ON_GPU
@pytest.mark.parametrize("architecture", ["shallow", "deeplab_large_fov", "mobilenet_v2"])
def test_each_network_trains_on_a_gpu(batches, architecture):
    _, losses = trained(batches, "cuda", architecture)
    assert np.isfinite(losses).all()


@ON_GPU
@pytest.mark.parametrize("architecture", ["shallow", "deeplab_large_fov"])
def test_a_gpu_learns_the_same_again(batches, architecture):
    with deterministic(torch.device("cuda"), wanted=True):
        first, losses = trained(batches, "cuda", architecture)
        again, same = trained(batches, "cuda", architecture)
    assert same == losses
    assert all(torch.equal(again[name], value) for name, value in first.items())

"""Mean and deviation of the features of the training frames."""

import numpy as np
import pytest
import torch
from tiny_training import CLASSES, MEAN, make_images, write_shots
from torch import nn

from mcnn.config.network import Network
from mcnn.config.training import Optimizer
from mcnn.networks.build import build_network
from mcnn.networks.levels import Level, LevelNetwork
from mcnn.networks.scores import normalise
from mcnn.networks.threads import single_threaded
from mcnn.training import calibrate
from mcnn.training.batches import MiniBatches

CPU = torch.device("cpu")
SETTINGS = Optimizer(crop_size=17, images_per_batch=2, video_batches="shots")


class Watched(MiniBatches):
    """Mini-batches that keep the numbers they are asked for."""

    def __call__(self, number):
        self.numbers = [*getattr(self, "numbers", []), number]
        return super().__call__(number)


@pytest.fixture
def batches(tmp_path):
    """Three of shots, of 3, 2 and 2 frames, and two of images; some narrower than the crop."""
    samples = write_shots(tmp_path / "samples.parquet")
    return Watched(samples, range(3), make_images(tmp_path), CLASSES, SETTINGS, MEAN, seed=5)


class Features(LevelNetwork):
    """Every eighth pixel, its colours to the powers 1 and 2, and three that say nothing.

    They are constant, constant but for rounding, and 0.
    """

    def __init__(self):
        super().__init__(Network(mean=MEAN), 2, (Level(9),))
        self.standardise.mean.fill_(9)
        self.standardise.std.fill_(9)

    def levels(self, images):
        pixels = images[:, :, ::8, ::8]
        constant = torch.full_like(pixels[:, :1], 0.1)
        rounded = constant.where(pixels[:, :1] > 0, constant.nextafter(torch.ones(())))
        return [torch.cat([pixels, pixels**2, constant, rounded, 0 * constant], dim=1)]


def features_of(network, batches, numbers):
    """Features at all places that are not padding, (n, channels).

    Frame by frame and in one thread: convolutions of more than that may round differently.
    """
    found = []
    for number in numbers:
        batch = batches(number)
        with torch.no_grad(), single_threaded():
            images = normalise(batch.images, network.mean, network.std)
            of_frames = [network.level_features(image[None]) for image in images]
            features = network.standardise(torch.cat(of_frames))
        found.append(features.permute(0, 2, 3, 1).numpy()[batch.valid[:, ::8, ::8]])
    return np.concatenate(found).astype(float)


@pytest.mark.parametrize("architecture", ["squeezenet1_1", "mobilenet_v2"])
def test_standardised_features_of_the_training_frames_have_mean_0_and_deviation_1(
    batches, architecture
):
    torch.manual_seed(0)
    network = build_network(Network(architecture=architecture), 2)
    calibrate.calibrate(network, batches, CPU)
    found = features_of(network, batches, range(5))
    varies = found.std(axis=0) > 0
    assert varies.mean() > 0.5
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(found[:, varies].std(axis=0), 1, atol=1e-3)


def test_statistics_are_those_of_all_places_but_padding(batches):
    network = Features()
    plain = Features()
    nn.init.zeros_(plain.standardise.mean)
    nn.init.ones_(plain.standardise.std)
    calibrate.calibrate(network, batches, CPU)
    expected = features_of(plain, batches, range(5))
    n_places = sum(batches(i).valid[:, ::8, ::8].size for i in range(5))
    assert 0 < len(expected) < n_places
    np.testing.assert_allclose(network.standardise.mean, expected.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(network.standardise.std[:6], expected.std(axis=0)[:6], rtol=1e-5)


def test_a_channel_that_never_changes_gets_deviation_1(batches):
    network = Features()
    calibrate.calibrate(network, batches, CPU)
    assert network.standardise.std[6:].tolist() == [1, 1, 1]
    assert network.standardise.mean[6:].tolist() == pytest.approx([0.1, 0.1, 0])


@pytest.mark.parametrize("frames", [1, 2, 3, 5, 6, 9, 10, 256])
def test_as_many_mini_batches_are_looked_at_as_have_enough_frames(batches, monkeypatch, frames):
    """At most an epoch of them, in their order; there are 10 frames in all."""
    monkeypatch.setattr(calibrate, "FRAMES", frames)
    totals = np.cumsum([len(batches(i).images) for i in range(5)])
    assert totals[-1] == 10
    batches.numbers = []
    calibrate.calibrate(Features(), batches, CPU)
    assert batches.numbers == list(range(min(5, 1 + np.sum(totals < frames))))


def test_random_numbers_are_left_as_they_were_and_nothing_else_changes(batches):
    torch.manual_seed(0)
    network = build_network(Network(architecture="mobilenet_v2"), 2).train()
    before = {name: x.clone() for name, x in network.state_dict().items()}
    random_state = torch.get_rng_state()
    calibrate.calibrate(network, batches, CPU)
    assert torch.equal(torch.get_rng_state(), random_state)
    changed = {n for n, x in network.state_dict().items() if not torch.equal(x, before[n])}
    assert changed == {"classifier.0.mean", "classifier.0.std"}
    assert all(parameter.grad is None for parameter in network.parameters())


def test_the_same_seed_gives_the_same_statistics_and_another_one_others(batches):
    def statistics(seed):
        batches.seed = seed
        network = Features()
        calibrate.calibrate(network, batches, CPU)
        return network.standardise.mean

    assert torch.equal(statistics(5), statistics(5))
    assert not torch.equal(statistics(5), statistics(6))

"""Updates of the loop against updates by hand; test_loop_resumed.py has what a kill leaves."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.ndimage import map_coordinates
from tiny_training import (
    CLASSES,
    MEAN,
    STD,
    Recorder,
    known_labels,
    make_images,
    write_shots,
)
from torch import nn

from mcnn.config.labels import BASELINES, Labels
from mcnn.config.network import Network
from mcnn.config.record import StageRecord
from mcnn.config.training import Optimizer, Stage
from mcnn.errors import ConfigError
from mcnn.networks.base import SegmentationNetwork
from mcnn.networks.dropout import Dropout
from mcnn.training.batches import MiniBatches
from mcnn.training.checkpoint import Checkpoint
from mcnn.training.loop import is_warmup, train

SEED, CPU = 5, torch.device("cpu")
RATES = (0.02, 0.02, 0.01)
ALPHAS = (0.0, 0.0, 2.0)
WEIGHTS = [0.6, 1 / 2, 1 / 4, 1.0]
"""Of the background, two samples of cars, four of boats, one of a cat."""
DECAY, MOMENTUM = 0.05, 0.8
RULES = {
    "features.weight": (1, DECAY),
    "features.bias": (2, 0),
    "classifier.0.weight": (1, DECAY),
    "classifier.0.bias": (2, 0),
    "classifier.3.weight": (10, DECAY),
    "classifier.3.bias": (20, 0),
}
"""Multiplier of the learning rate, and weight decay."""


class Small(SegmentationNetwork):
    """A convolution of stride 4, and DeepLab's end: dropout before the last layer."""

    output_stride = 4

    def __init__(self):
        super().__init__(Network(mean=MEAN, std=STD))
        self.features = nn.Conv2d(3, 6, 5, stride=4, padding=2)
        self.classifier = nn.Sequential(
            nn.Conv2d(6, 5, 1), nn.ReLU(), Dropout(0.5), nn.Conv2d(5, 4, 1)
        )

    def forward(self, images):
        return self.classifier(self.features(images))


def record(predictor, image_predictor, stride=1, **stage):
    return StageRecord(
        dataset="d",
        images="i",
        classes=CLASSES,
        start=None,
        network=Network(weights="none"),
        labels=Labels(predictor=predictor, image_predictor=image_predictor, stride=stride),
        stage=Stage(
            **{"iterations": 3, "learning_rate": 0.02, "step_size": 2, "alpha": 2, "warmup": 2}
            | stage
        ),
        optimizer=Optimizer(
            step_factor=0.5,
            momentum=MOMENTUM,
            weight_decay=DECAY,
            crop_size=17,
            class_weights="balanced",
            background_weight=WEIGHTS[0],
            iter_size=2,
            images_per_batch=2,
        ),
    )


@pytest.fixture
def batches(tmp_path):
    """Five an epoch, first two of images, then three shots; the sixth is of the next epoch."""
    samples = write_shots(tmp_path / "samples.parquet")
    settings = record("hard", "full").optimizer
    return MiniBatches(
        samples, range(3), make_images(tmp_path), CLASSES, settings, MEAN, SEED, annotated=True
    )


@pytest.fixture
def network():
    torch.manual_seed(0)
    return Small()


@pytest.fixture
def checkpoint(tmp_path):
    return Checkpoint(tmp_path / "checkpoint.pt", "mark", 100)


def forward_by_hand(weights, batch, dropout_seed):
    def convolution(x, name, **options):
        return F.conv2d(x, weights[f"{name}.weight"], weights[f"{name}.bias"], **options)

    inputs = torch.tensor((batch.images / 255 - MEAN) / STD, dtype=torch.float32)
    features = convolution(inputs.movedim(-1, 1).contiguous(), "features", stride=4, padding=2)
    hidden = convolution(features, "classifier.0").relu()
    generator = torch.Generator().manual_seed(dropout_seed)
    kept = torch.empty_like(hidden).bernoulli_(generator=generator)
    return convolution(hidden * kept * 2, "classifier.3")


def loss_by_hand(scores, labels):
    p = scores.softmax(1)
    used = [index for index in np.ndindex(labels.shape) if labels[index] != 255]
    terms = [-WEIGHTS[labels[n, y, x]] * p[n, labels[n, y, x], y, x].log() for n, y, x in used]
    return sum(terms) / len(terms)


def iou_by_hand(labels, masks):
    object_ = (labels > 0) & (labels < 255)
    frames = zip(object_, masks, strict=True)
    return np.mean([np.sum(o & m) / np.sum(o | m) for o, m in frames if np.any(o | m)])


def train_by_hand(network, batches, labels_of, stride):
    """Weights, losses, agreements, and of each mini-batch its scores and next random number."""
    weights = {name: value.detach().clone() for name, value in network.named_parameters()}
    velocity = {name: torch.zeros_like(value) for name, value in weights.items()}
    losses, agreements, seen = [], [], []
    for iteration, rate in enumerate(RATES):
        leaves = {name: value.clone().requires_grad_() for name, value in weights.items()}
        of_update, agreement = [], []
        for number in (2 * iteration, 2 * iteration + 1):
            batch, rng = batches(number), np.random.default_rng([SEED, 2, number])
            scores = forward_by_hand(leaves, batch, int(rng.integers(2**62)))
            labels = labels_of(batch)
            of_update.append(loss_by_hand(scores, labels[:, ::4, ::4]))
            if batch.is_shot:
                coarse = np.s_[:, ::stride, ::stride]
                agreement.append(iou_by_hand(labels[coarse], batch.masks[coarse]))
            seen.append((scores.detach(), int(rng.integers(2**62))))
        loss = sum(of_update) / 2
        gradients = torch.autograd.grad(loss, list(leaves.values()))
        for (name, value), gradient in zip(weights.items(), gradients, strict=True):
            multiplier, decay = RULES[name]
            velocity[name] = MOMENTUM * velocity[name] + gradient + decay * value
            weights[name] = value - rate * multiplier * velocity[name]
        losses.append(loss.item())
        agreements.append(np.mean(agreement) if agreement else np.nan)
    return weights, losses, agreements, seen


def labels_known(batch):
    of_groups = [
        known_labels(batch.images[g], batch.masks[g], batch.valid[g], tags)
        for g, tags in batch.groups
    ]
    return np.concatenate(of_groups)


def labels_from_outside(batch):
    """Masks as they are, if there is one tag; annotated labels of images."""
    if not batch.is_shot:
        return batch.truth
    [(_, tags)] = batch.groups
    labels = np.where(batch.masks, tags[0] if len(tags) == 1 else 255, 0)
    return np.where(batch.valid, labels, 255)


def check(network, history, expected):
    weights, losses, agreements, _ = expected
    for name, value in network.named_parameters():
        torch.testing.assert_close(value.detach(), weights[name], rtol=1e-4, atol=1e-6)
    assert [row.iteration for row in history] == [0, 1, 2]
    assert [row.loss for row in history] == pytest.approx(losses, rel=1e-5)
    assert [row.learning_rate for row in history] == pytest.approx(RATES)
    assert [row.agreement for row in history] == pytest.approx(agreements, nan_ok=True)


def test_updates_on_masks_and_annotations_are_those_by_hand(network, batches, checkpoint):
    expected = train_by_hand(network, batches, labels_from_outside, 1)
    history = train(network, batches, record("hard", "full"), CPU, checkpoint)
    check(network, history, expected)


@pytest.mark.parametrize(("stride", "threads"), [(1, 1), (2, 3), (4, 2)])
def test_updates_on_inferred_labels_are_those_by_hand(
    network, batches, checkpoint, monkeypatch, stride, threads
):
    of_shots, of_images = Recorder(monkeypatch, "shots"), Recorder(monkeypatch, "images")
    settings = record(of_shots.name, of_images.name, stride)
    expected = train_by_hand(network, batches, labels_known, stride)
    history = train(network, batches, settings, CPU, checkpoint, threads)
    check(network, history, expected)
    for recorder in (of_shots, of_images):
        assert recorder.built == [(settings.labels, alpha, threads) for alpha in (0, 2)]
    for number, (scores, random_number) in enumerate(expected[-1]):
        batch = batches(number)
        recorder = of_shots if batch.is_shot else of_images
        for i, (group, tags) in enumerate(batch.groups):
            alpha, frames, drawn = recorder.given.pop(0)
            assert (alpha, frames.tags) == (ALPHAS[number // 2], tags)
            grid = np.s_[group, ::stride, ::stride]
            np.testing.assert_array_equal(frames.images, batch.images[grid])
            np.testing.assert_array_equal(frames.masks, batch.masks[grid])
            np.testing.assert_array_equal(frames.valid, batch.valid[grid])
            probabilities = softmax_of_interpolated(scores[group], np.arange(0, 17, stride))
            np.testing.assert_allclose(frames.probabilities, probabilities, atol=1e-5)
            if i == 0:
                assert drawn == random_number
    assert of_shots.given == of_images.given == []


def softmax_of_interpolated(scores, pixels):
    """Probabilities at some rows and columns of pixels; score k belongs to pixel 4 k."""
    where = np.meshgrid(pixels / 4, pixels / 4, indexing="ij")
    fine = [[map_coordinates(label, where, order=1) for label in frame] for frame in scores.numpy()]
    e = np.exp(fine)
    return e / e.sum(1, keepdims=True)


def test_the_seed_decides_the_mini_batches_and_the_dropout(batches):
    def weights(seed, state):
        torch.manual_seed(0)
        network = Small()
        batches.seed = seed
        torch.manual_seed(state)
        train(network, batches, record("hard", "full"), CPU, None)
        return network.state_dict()

    first, again, other = weights(0, state=1), weights(0, state=2), weights(1, state=1)
    for name, value in first.items():
        assert torch.equal(value, again[name])
        assert not torch.equal(value, other[name])


@pytest.mark.parametrize("multiplier", [0, 0.5])
def test_a_frozen_backbone_gets_no_gradient(network, batches, checkpoint, multiplier):
    settings = record("hard", "full")
    optimizer = settings.optimizer.model_copy(update={"backbone_multiplier": multiplier})
    settings = settings.model_copy(update={"optimizer": optimizer})
    train(network, batches, settings, CPU, checkpoint)
    got = {name for name, value in network.named_parameters() if value.grad is not None}
    last = set(network.classifier_names())
    assert got == (last if multiplier == 0 else set(network.state_dict()))


@pytest.mark.parametrize(
    ("rate", "background", "found"),
    [(1e30, 1, "nan in iteration 1"), (0.01, 1e39, "inf in iteration 0")],
)
def test_a_loss_that_is_not_finite_ends_the_training_with_no_checkpoint(
    network, batches, checkpoint, rate, background, found
):
    settings = record("hard", "full", learning_rate=rate)
    optimizer = settings.optimizer.model_copy(update={"background_weight": background})
    settings = settings.model_copy(update={"optimizer": optimizer})
    every = int(found[-1]) + 1
    with pytest.raises(FloatingPointError, match=f"the loss is {found}: lower the learning rate"):
        train(network, batches, settings, CPU, checkpoint._replace(every=every))
    assert not checkpoint.path.exists()


def test_all_that_a_loss_needs_is_brought_to_the_device(network, batches, checkpoint):
    """To one whose tensors have no data: all goes well until the loss is wanted.

    There are no random numbers, so no dropout either.
    """
    network.classifier[2] = nn.Identity()
    with pytest.raises(RuntimeError, match=r"item\(\) cannot be called on meta tensors"):
        train(network, batches, record("hard", "full"), torch.device("meta"), checkpoint)
    assert {value.device.type for value in network.parameters()} == {"meta"}


@pytest.mark.parametrize(("size", "said"), [(None, "got none"), (4, "got 4")])
def test_a_gpu_without_memory_left_is_told_of_with_a_remedy(batches, network, size, said):
    def forward(images):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    network.forward = forward
    settings = record("hard", "full")
    batches.settings = settings.optimizer.model_copy(update={"micro_batch_size": size})
    settings = settings.model_copy(update={"optimizer": batches.settings})
    with pytest.raises(ConfigError, match=f"micro_batch_size: cpu has no memory left; {said}, set"):
        train(network, batches, settings, CPU, None)


def test_in_the_warm_up_labels_may_be_the_motion_masks(network, batches, checkpoint, monkeypatch):
    """The first two of three updates, of shots as of images, whose labels are not of motion."""
    of_shots, of_images = Recorder(monkeypatch, "shots"), Recorder(monkeypatch, "images")
    settings = record(of_shots.name, of_images.name)
    labels = settings.labels.model_copy(update={"warmup_predictor": "hard"})
    in_the_warm_up = iter([True] * 4 + [False] * 2)

    def expected_labels(batch):
        hard = next(in_the_warm_up) and batch.is_shot
        return labels_from_outside(batch) if hard else labels_known(batch)

    expected = train_by_hand(network, batches, expected_labels, 1)
    settings = settings.model_copy(update={"labels": labels})
    check(network, train(network, batches, settings, CPU, checkpoint), expected)


def test_in_the_warm_up_the_background_may_have_another_weight(
    network, batches, checkpoint, monkeypatch
):
    """The first two of three updates."""
    of_shots, of_images = Recorder(monkeypatch, "shots"), Recorder(monkeypatch, "images")
    settings = record(of_shots.name, of_images.name)
    optimizer = settings.optimizer.model_copy(
        update={"background_weight": 0.5, "warmup_background_weight": WEIGHTS[0]}
    )
    backgrounds = iter([WEIGHTS[0]] * 4 + [0.5] * 2)

    def expected_labels(batch):
        monkeypatch.setitem(globals(), "WEIGHTS", [next(backgrounds), *WEIGHTS[1:]])
        return labels_known(batch)

    expected = train_by_hand(network, batches, expected_labels, 1)
    settings = settings.model_copy(update={"optimizer": optimizer})
    check(network, train(network, batches, settings, CPU, checkpoint), expected)


@pytest.mark.parametrize("predictor", sorted(BASELINES - {"full"}))
def test_a_baseline_has_no_warm_up(predictor):
    settings = record(predictor, "network_only")
    assert not any(is_warmup(k, settings) for k in range(3))

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from mcnn.config.network import Network
from mcnn.networks.scores import normalise, predict_labels
from mcnn.networks.shallow import DILATIONS, Shallow

SIDE = 49


@pytest.fixture
def network():
    torch.manual_seed(0)
    return Shallow(Network(architecture="shallow"), n_labels=3)


def test_the_classifier_sees_channels_without_a_common_mean(network):
    seen = []
    network.classifier[-1].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    with torch.no_grad():
        network(5 + torch.randn(2, 3, SIDE, SIDE))
    mean = seen[0].mean(dim=(2, 3))
    torch.testing.assert_close(mean, torch.zeros_like(mean), rtol=0, atol=1e-5)
    assert (seen[0].std(dim=(2, 3)) > 0.9).all()


def extent(network, features):
    """Side of the receptive field of the unit at pixel 100; all weights are positive."""
    image = torch.ones(1, 3, 201, 201, requires_grad=True)
    unit = features(network, image)[0, :, 25, 25].sum()
    (gradient,) = torch.autograd.grad(unit, image)
    rows = gradient.abs().sum(dim=(0, 1, 3)).nonzero().flatten()
    assert int(rows[0] + rows[-1]) == 2 * 100
    return int(rows[-1] - rows[0]) + 1


def test_receptive_field(network):
    # Statistics of the whole frame are not part of it, and all units are to be active.
    for parent in network.modules():
        for name, child in parent.named_children():
            if isinstance(child, nn.GroupNorm):
                setattr(parent, name, nn.Identity())
            elif isinstance(child, nn.Conv2d):
                nn.init.constant_(child.weight, 1 / child.weight[0].numel())
    by_hand = 5 + 2 * 2
    assert extent(network, lambda n, x: n.stem(x)) == by_hand
    by_hand += sum(2 * dilation * 4 for dilation in DILATIONS)
    assert extent(network, lambda n, x: n(x)) == by_hand == 129


def shot(tag, rng):
    """Five frames of a square (tag 1) or a cross (tag 2), and their labels."""
    images = rng.normal(120, 20, (5, SIDE, SIDE, 3)).clip(0, 255).astype(np.uint8)
    labels = np.zeros((5, SIDE, SIDE), np.int64)
    rows, columns = np.ogrid[:SIDE, :SIDE]
    for image, label, centre in zip(images, labels, rng.integers(12, 37, (5, 2)), strict=True):
        dy, dx = abs(rows - centre[0]), abs(columns - centre[1])
        inside = (dy < 8) & (dx < 8) if tag == 1 else (np.minimum(dx, dy) < 4) & (dx + dy < 13)
        image[inside] = rng.normal(160, 20, (inside.sum(), 3)).clip(0, 255)
        label[inside] = tag
    return images, labels


def test_learns_from_mini_batches_of_one_class_each(network):
    rng = np.random.default_rng(0)
    last = network.classifier_parameters()
    others = [p for p in network.parameters() if all(p is not q for q in last)]
    groups = [{"params": others}, {"params": last, "lr": 0.1}]
    optimizer = torch.optim.SGD(groups, lr=0.01, momentum=0.9)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 80)
    for i in range(120):
        images, labels = shot(1 + i % 2, rng)
        scores = network(normalise(images, network.mean, network.std))
        loss = functional.cross_entropy(scores, torch.from_numpy(labels[:, ::4, ::4]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    for tag in (1, 2):  # With ReLUs before the classifier: 0.3 to 0.45.
        images, labels = shot(tag, rng)
        found = np.stack([predict_labels(network, image) for image in images])
        both, either = (found == tag) & (labels == tag), (found == tag) | (labels == tag)
        assert both.sum() / either.sum() > 0.45

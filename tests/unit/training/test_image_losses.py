import numpy as np
import pytest
import torch

from mcnn.training.image_losses import lse_loss, mil_loss, soft_target_loss
from mcnn.training.loss import segmentation_loss

TAGS = [(2,), (), (1, 3)]


def batch(seed=0, dtype=torch.float64):
    """Scores, validity and tags of three images; the first has padding."""
    torch.manual_seed(seed)
    valid = torch.ones(3, 4, 5, dtype=torch.bool)
    valid[0, 2:] = False
    return 2 * torch.randn(3, 4, 4, 5, dtype=dtype), valid, TAGS


def pixels_of(n, valid):
    return [(y, x) for y, x in np.ndindex(*valid.shape[1:]) if valid[n, y, x]]


def mil_by_hand(scores, valid, tags):
    losses = []
    for n, present in enumerate(tags):
        logs = []
        for label in (0, *present):
            best = 0.0
            for y, x in pixels_of(n, valid):
                e = np.exp(scores[n, :, y, x])
                best = max(best, e[label] / e.sum())
            logs.append(np.log(best))
        losses.append(-np.mean(logs))
    return np.mean(losses)


def lse_by_hand(scores, valid, tags, r):
    losses = []
    for n, present in enumerate(tags):
        pixels = pixels_of(n, valid)
        s = [
            np.log(sum(np.exp(r * scores[n, label, y, x]) for y, x in pixels) / len(pixels)) / r
            for label in range(scores.shape[1])
        ]
        p = np.exp(s) / np.sum(np.exp(s))
        losses.append(-np.mean([np.log(p[label]) for label in (0, *present)]))
    return np.mean(losses)


def test_mil_value():
    scores, valid, tags = batch()
    expected = mil_by_hand(scores.numpy(), valid.numpy(), tags)
    assert mil_loss(scores, valid, tags).item() == pytest.approx(expected)


def test_mil_by_hand():
    p = torch.tensor([[0.8, 0.4], [0.2, 0.6]]).log().view(1, 2, 1, 2)
    valid = torch.ones(1, 1, 2, dtype=torch.bool)
    expected = -(np.log(0.8) + np.log(0.6)) / 2
    assert mil_loss(p, valid, [[1]]).item() == pytest.approx(expected)
    assert mil_loss(p, valid, [[]]).item() == pytest.approx(-np.log(0.8))


@pytest.mark.parametrize("r", [0.5, 5.0])
def test_lse_value(r):
    scores, valid, tags = batch()
    expected = lse_by_hand(scores.numpy(), valid.numpy(), tags, r)
    assert lse_loss(scores, valid, tags, r).item() == pytest.approx(expected)


def test_r_is_5_as_published():
    scores, valid, tags = batch()
    expected = lse_by_hand(scores.numpy(), valid.numpy(), tags, 5)
    assert lse_loss(scores, valid, tags).item() == pytest.approx(expected)


def test_lse_lies_between_the_mean_and_the_maximum():
    scores, valid, tags = batch()
    images = scores[1:], valid[1:], tags[1:]

    def classified(aggregated):
        logs = aggregated.log_softmax(1)
        return -torch.stack([logs[0, 0], logs[1, [0, 1, 3]].mean()]).mean().item()

    mean, highest = scores[1:].mean((2, 3)), scores[1:].amax((2, 3))
    assert lse_loss(*images, r=1e-6).item() == pytest.approx(classified(mean), abs=1e-4)
    assert lse_loss(*images, r=1e5).item() == pytest.approx(classified(highest), abs=1e-4)


def test_lse_of_large_scores_is_finite():
    scores, valid, tags = batch(dtype=torch.float32)
    assert torch.isfinite(lse_loss(1000 * scores, valid, tags))


@pytest.mark.parametrize("loss", [mil_loss, lse_loss])
def test_gradients(loss):
    scores, valid, tags = batch()
    scores.requires_grad_()
    assert torch.autograd.gradcheck(lambda x: loss(x, valid, tags), scores)


def test_mil_has_a_gradient_at_the_highest_pixels_alone():
    scores, valid, tags = batch()
    scores.requires_grad_()
    mil_loss(scores, valid, tags).backward()
    touched = (scores.grad != 0).any(1)
    p = torch.where(valid[:, None], scores.softmax(1), 0).flatten(2).argmax(2)
    for n, present in enumerate(tags):
        pixels = {int(p[n, label]) for label in (0, *present)}
        assert set(touched[n].flatten().nonzero().flatten().tolist()) == pixels


@pytest.mark.parametrize("loss", [mil_loss, lse_loss])
def test_padding_has_no_influence(loss):
    scores, valid, tags = batch()
    changed = torch.where(valid[:, None], scores, scores + 50 * torch.randn_like(scores))
    changed.requires_grad_()
    value = loss(changed, valid, tags)
    value.backward()
    assert value.item() == loss(scores, valid, tags).item()
    assert (changed.grad.movedim(1, -1)[~valid] == 0).all()


@pytest.mark.parametrize("loss", [mil_loss, lse_loss])
def test_images_of_padding_take_no_part(loss):
    scores, valid, tags = batch()
    valid[1] = False
    others = [0, 2]
    expected = loss(scores[others], valid[others], [tags[n] for n in others])
    assert loss(scores, valid, tags).item() == pytest.approx(expected.item())


@pytest.mark.parametrize("loss", [mil_loss, lse_loss])
def test_padding_alone_has_no_loss_and_a_gradient_of_zero(loss):
    scores, valid, tags = batch()
    scores.requires_grad_()
    value = loss(scores, torch.zeros_like(valid), tags)
    value.backward()
    assert value.item() == 0
    assert scores.grad.abs().max() == 0


@pytest.mark.parametrize("loss", [mil_loss, lse_loss])
def test_descent_finds_the_tagged_labels(loss):
    """Two kinds of pixels, a linear network: the tag goes to the kind that only its images have."""
    torch.manual_seed(0)
    features = torch.zeros(2, 2, 4, 4)
    features[:, 0] = 1
    features[0, :, :2, :2] = torch.tensor([0.0, 1.0])[:, None, None]
    weights = (0.01 * torch.randn(3, 2)).requires_grad_()
    valid = torch.ones(2, 4, 4, dtype=torch.bool)
    optimizer = torch.optim.SGD([weights], lr=0.5)
    for _ in range(200):
        optimizer.zero_grad()
        loss(torch.einsum("lf,nfhw->nlhw", weights, features), valid, [(2,), ()]).backward()
        optimizer.step()
    labels = torch.einsum("lf,nfhw->nlhw", weights, features).argmax(1)
    assert (labels[0, :2, :2] == 2).all()
    assert (labels[1] == 0).all()


def soft_batch():
    torch.manual_seed(1)
    scores = torch.randn(2, 3, 4, 5, dtype=torch.float64)
    targets = torch.rand(2, 3, 4, 5, dtype=torch.float64)
    targets /= targets.sum(1, keepdim=True)
    targets.movedim(1, -1)[0, :2] = 0
    return scores, targets, torch.tensor([1.0, 0.5, 0.25], dtype=torch.float64)


def test_soft_value_and_gradient():
    scores, targets, weight = soft_batch()
    p = scores.softmax(1).numpy()
    total = count = 0.0
    for n, y, x in np.ndindex(2, 4, 5):
        t = targets[n, :, y, x].numpy()
        total -= (weight.numpy() * t * np.log(p[n, :, y, x])).sum()
        count += t.sum() > 0
    assert count == 30
    assert soft_target_loss(scores, targets, weight).item() == pytest.approx(total / count)
    scores.requires_grad_()
    assert torch.autograd.gradcheck(lambda x: soft_target_loss(x, targets, weight), scores)


@pytest.mark.parametrize(
    "unlabelled", [[(1, 3)], [(0,), (1, slice(1, None)), (1, 0, slice(1, None))]]
)
def test_soft_loss_of_certain_targets_is_the_segmentation_loss(unlabelled):
    """Of all but a row, and of a single pixel."""
    scores, _, weight = soft_batch()
    labels = torch.randint(0, 3, (2, 4, 5))
    for part in unlabelled:
        labels[part] = 255
    targets = torch.nn.functional.one_hot(labels.clamp(max=3), 4)[..., :3].movedim(-1, 1)
    expected = segmentation_loss(scores, labels, weight)
    value = soft_target_loss(scores, targets.to(scores.dtype), weight)
    assert expected > 0
    assert value.item() == pytest.approx(expected.item(), rel=1e-12)


def test_soft_gradient_is_output_minus_target():
    scores, targets, weight = soft_batch()
    scores.requires_grad_()
    soft_target_loss(scores, targets, torch.ones_like(weight)).backward()
    used = targets.sum(1, keepdim=True) > 0
    expected = torch.where(used, scores.softmax(1) - targets, 0) / used.sum()
    torch.testing.assert_close(scores.grad, expected)


def test_soft_loss_without_targets_is_zero():
    scores, targets, weight = soft_batch()
    scores.requires_grad_()
    value = soft_target_loss(scores, 0 * targets, weight)
    value.backward()
    assert value.item() == 0
    assert scores.grad.abs().max() == 0

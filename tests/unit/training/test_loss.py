import numpy as np
import pytest
import torch

from mcnn.training.image_losses import soft_target_loss
from mcnn.training.loss import class_weights, segmentation_loss


def test_class_weights_are_min_num_over_num():
    assert class_weights([30, 10, 40]).tolist() == pytest.approx([1, 1 / 3, 1, 1 / 4])


def test_a_class_without_samples_does_not_count_for_the_minimum():
    assert class_weights([30, 0, 60]).tolist() == pytest.approx([1, 1, 1, 0.5])


def test_without_any_sample_all_weights_but_the_backgrounds_are_1():
    assert class_weights([0, 0], 0.5).tolist() == [0.5, 1, 1]


def test_a_single_labelled_pixel_is_the_average():
    labels = torch.full((1, 2, 2), 255)
    labels[0, 1, 0] = 2
    scores = torch.tensor([0.2, 0.3, 0.5]).log().view(1, 3, 1, 1).expand(1, 3, 2, 2)
    loss = segmentation_loss(scores, labels, torch.tensor([1.0, 1.0, 0.25]))
    assert loss.item() == pytest.approx(-0.25 * np.log(0.5))


def test_loss_is_the_weighted_sum_over_the_number_of_labelled_pixels():
    torch.manual_seed(0)
    scores = torch.randn(2, 3, 4, 5)
    labels = torch.randint(0, 3, (2, 4, 5))
    labels[0, :2] = 255
    weight = torch.tensor([1.0, 0.5, 0.25])
    p = scores.softmax(1).numpy()
    total = count = 0.0
    for n, y, x in np.ndindex(2, 4, 5):
        label = int(labels[n, y, x])
        if label != 255:
            total -= weight[label].item() * np.log(p[n, label, y, x])
            count += 1
    assert segmentation_loss(scores, labels, weight).item() == pytest.approx(total / count)


def test_a_batch_without_labels_has_no_loss_and_a_gradient_of_zero():
    scores = torch.randn(1, 3, 2, 2, requires_grad=True)
    loss = segmentation_loss(scores, torch.full((1, 2, 2), 255), torch.ones(3))
    loss.backward()
    assert loss.item() == 0
    assert scores.grad.abs().max() == 0


@pytest.mark.parametrize("loss_of", [segmentation_loss, soft_target_loss])
def test_frames_weigh_what_is_said_and_the_average_divides_by_pixels(loss_of):
    torch.manual_seed(0)
    scores = torch.randn(2, 3, 4, 5)
    labels = torch.randint(0, 3, (2, 4, 5))
    weight = torch.tensor([1.0, 0.5, 0.25])
    targets = labels
    if loss_of is soft_target_loss:
        targets = torch.nn.functional.one_hot(labels, 3).permute(0, 3, 1, 2).float()
    alone = [loss_of(scores[n : n + 1], targets[n : n + 1], weight).item() for n in range(2)]
    both = loss_of(scores, targets, weight, torch.tensor([1.5, 0.25])).item()
    assert both == pytest.approx((1.5 * alone[0] + 0.25 * alone[1]) / 2)
    one = loss_of(scores, targets, weight, torch.ones(2)).item()
    assert one == pytest.approx(loss_of(scores, targets, weight).item())


def test_unlabelled_pixels_of_weighted_frames_take_no_part():
    scores, labels = torch.randn(1, 2, 3, 3), torch.full((1, 3, 3), 255)
    labels[0, 1] = 1
    known = segmentation_loss(scores[:, :, 1:2], labels[:, 1:2], torch.ones(2))
    weighted = segmentation_loss(scores, labels, torch.ones(2), torch.tensor([0.5]))
    assert weighted.item() == pytest.approx(0.5 * known.item())

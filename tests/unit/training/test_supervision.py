import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_training import Recorder

from mcnn.config.labels import IMAGE_SUPERVISIONS, SHOT_SUPERVISIONS, Labels
from mcnn.label_space import IGNORE
from mcnn.labels.arrays import PredictorInput
from mcnn.labels.predictors import ON_SCORES, hard_labels
from mcnn.training.batches import Batch
from mcnn.training.image_losses import lse_loss, mil_loss
from mcnn.training.loss import segmentation_loss
from mcnn.training.supervision import Supervision, hardest, mask_agreement

WEIGHT = torch.tensor([1.0, 0.5, 0.25])


def supervision(**labels):
    return Supervision(Labels(**labels), 1.0, WEIGHT, 8)


def shot(is_shot=True):
    """Three frames of 33 pixels with a square, tagged 1; padding on the right."""
    masks = np.zeros((3, 33, 33), bool)
    masks[:, 8:24, 8:24] = is_shot
    images = np.full((3, 33, 33, 3), 60, np.uint8)
    images[:, 8:24, 8:24] = (200, 90, 30)
    valid = np.ones_like(masks)
    valid[:, :, 28:] = False
    groups = ((slice(0, 3), (1,)),)
    if not is_shot:
        groups = tuple((slice(k, k + 1), (1 + k % 2,)) for k in range(3))
    return Batch(images, masks, valid, groups, is_shot)


def annotated():
    """The images of `shot` with annotated labels: a square of the tag, a void line."""
    batch = shot(is_shot=False)
    truth = np.zeros((3, 33, 33), np.uint8)
    truth[:, 8:24, 8:24] = np.array([1, 2, 1])[:, None, None]
    truth[:, 8, :] = IGNORE
    truth[~batch.valid] = IGNORE
    return replace(batch, truth=truth)


def random_scores():
    torch.manual_seed(0)
    return torch.randn(3, 3, 5, 5, requires_grad=True)


@pytest.mark.parametrize(
    ("name", "is_shot"),
    [
        *((name, True) for name in SHOT_SUPERVISIONS),
        *((name, False) for name in IMAGE_SUPERVISIONS),
    ],
)
def test_every_supervision_has_a_loss_with_a_gradient(name, is_shot):
    scores = random_scores()
    settings = {"predictor" if is_shot else "image_predictor": name, "stride": 2}
    batch = annotated() if name == "full" else shot(is_shot)
    loss, agreement = supervision(**settings)(scores, batch, np.random.default_rng(0))
    loss.backward()
    assert loss.item() > 0
    assert scores.grad.abs().sum() > 0
    # Padding has none: the last column of the scores lies in it.
    assert not scores.grad[..., 4].any()
    assert np.isnan(agreement) == (not is_shot or name in ("mil", "lse"))


@pytest.mark.parametrize("is_shot", [True, False])
def test_losses_on_tags_see_valid_scores_and_the_tags_of_their_own_frame(is_shot):
    """Of shots by one, of images by the other."""
    scores, batch = random_scores(), shot(is_shot)
    tags = [(1,)] * 3 if is_shot else [(1,), (2,), (1,)]
    valid = torch.from_numpy(batch.valid[:, ::8, ::8].copy())
    assert 0 < valid.float().mean() < 1
    names = {True: ("mil", "lse"), False: ("lse", "mil")}[is_shot]
    for settings, loss in ((names, mil_loss), (names[::-1], lse_loss)):
        both = supervision(predictor=settings[0], image_predictor=settings[1], stride=2)
        value, agreement = both(scores, batch, np.random.default_rng(0))
        assert value.item() == pytest.approx(loss(scores, valid, tags).item())
        assert np.isnan(agreement)


@pytest.mark.parametrize("is_shot", [True, False])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_baseline_beside_it_does_not_change_the_resolution_of_labels(
    monkeypatch, is_shot, stride
):
    recorder = Recorder(monkeypatch)
    names = (recorder.name, "em_adapt") if is_shot else ("em_adapt", recorder.name)
    both = supervision(predictor=names[0], image_predictor=names[1], stride=stride)
    both(random_scores(), shot(is_shot), np.random.default_rng(0))
    sides = {frames.images.shape[1] for _, frames, _ in recorder.given}
    assert sides == {-(-33 // stride)}


@pytest.mark.parametrize("stride", [1, 2, 4, 8])
def test_distributions_are_the_targets_at_the_centres_of_the_scores(monkeypatch, stride):
    def answer(frames, number):
        soft = np.random.default_rng(number).dirichlet(np.ones(3), frames.valid.shape)
        return np.where(frames.valid[..., None], soft, 0).astype(np.float32).transpose(0, 3, 1, 2)

    recorder = Recorder(monkeypatch)
    recorder.answer = answer
    scores, batch = random_scores(), shot()
    both = supervision(predictor=recorder.name, stride=stride)
    loss, agreement = both(scores, batch, np.random.default_rng(0))
    [(_, frames, number)] = recorder.given
    soft, p = answer(frames, number), scores.softmax(1).detach().numpy()
    total = count = 0
    for n, y, x in np.ndindex(3, 5, 5):
        target = soft[n, :, y * 8 // stride, x * 8 // stride]
        total -= (WEIGHT.numpy() * target * np.log(p[n, :, y, x])).sum()
        count += target.any()
    assert count == 3 * 5 * 4
    assert loss.item() == pytest.approx(total / count)
    likeliest, masks = soft.argmax(1), batch.masks[:, ::stride, ::stride]
    object_ = (likeliest > 0) & frames.valid
    ious = [(o & m).sum() / (o | m).sum() for o, m in zip(object_, masks, strict=True)]
    assert agreement == pytest.approx(np.mean(ious))


@pytest.mark.parametrize("name", sorted(ON_SCORES))
def test_what_works_on_the_scores_ignores_the_stride(name):
    # The background is so likely that shares of the pixels decide.
    scores = random_scores() + torch.tensor([3.0, 0, 0]).view(3, 1, 1)
    losses = [
        supervision(predictor=name, stride=stride)(scores, shot(), np.random.default_rng(0))[
            0
        ].item()
        for stride in (1, 2, 8)
    ]
    assert losses == [losses[0]] * 3


def test_hard_supervision_is_the_cross_entropy_of_the_masks():
    scores, batch = random_scores(), shot()
    loss, agreement = supervision(predictor="hard")(scores, batch, np.random.default_rng(0))
    labels = np.where(batch.masks, 1, 0)
    labels[~batch.valid] = IGNORE
    expected = segmentation_loss(scores, torch.from_numpy(labels[:, ::8, ::8]), WEIGHT)
    assert loss.item() == pytest.approx(expected.item())
    assert agreement == 1


def test_a_predictor_of_ones_own_takes_one_file_and_one_line(tmp_path, monkeypatch):
    (tmp_path / "inverted.py").write_text(
        "from dataclasses import replace\n\n"
        "from mcnn.labels.predictors import hard_labels\n\n\n"
        "def build(settings, alpha, threads):\n"
        "    return lambda frames: hard_labels(replace(frames, masks=~frames.masks))\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    loss, agreement = supervision(predictor="inverted:build")(
        random_scores(), shot(), np.random.default_rng(0)
    )
    assert loss.item() > 0
    assert agreement == 0
    del sys.modules["inverted"]


def test_distributions_become_labels_for_the_agreement():
    soft = np.zeros((1, 3, 1, 3), np.float32)
    soft[0, :, 0, 0] = (0.2, 0.5, 0.3)
    soft[0, :, 0, 1] = (0.6, 0.4, 0)
    assert hardest(soft).tolist() == [[[1, 0, IGNORE]]]
    batch = shot()
    labels = hard_labels(PredictorInput(batch.images, batch.masks, batch.valid, None, [2], None))
    np.testing.assert_array_equal(hardest(labels), labels)


@pytest.mark.parametrize("stride", [1, 2])
def test_agreement_is_the_mean_iou_of_labels_and_masks_in_frames_that_have_either(stride):
    masks = np.zeros((5, 8, 8), bool)
    masks[:3, :4] = True
    labels = np.zeros((5, 8, 8), np.uint8)
    labels[0, :4, :2] = 2
    labels[1, :6] = 1
    labels[2, :2], labels[2, 2:] = 1, IGNORE
    labels[3, 2:4] = 1
    batch = replace(shot(), masks=masks)
    found = mask_agreement(labels[:, ::stride, ::stride], batch, stride)
    assert found == pytest.approx(np.mean([1 / 4, 2 / 3, 1 / 2, 0]))
    nothing = replace(batch, masks=masks[4:])
    assert np.isnan(mask_agreement(labels[4:, ::stride, ::stride], nothing, stride))
    assert np.isnan(mask_agreement(labels, replace(batch, is_shot=False), 1))


def test_full_supervision_is_the_loss_on_the_annotated_labels():
    scores, batch = random_scores(), annotated()
    loss, _ = supervision(image_predictor="full", stride=4)(scores, batch, np.random.default_rng(0))
    targets = torch.from_numpy(batch.truth[:, ::8, ::8].astype(np.int64))
    assert loss.item() == pytest.approx(segmentation_loss(scores, targets, WEIGHT).item())


def test_full_supervision_needs_annotated_labels():
    with pytest.raises(ValueError, match="annotated"):
        supervision(image_predictor="full")(random_scores(), shot(False), np.random.default_rng(0))


@pytest.mark.parametrize("soft", [False, True])
def test_frames_of_a_batch_weigh_what_it_says(monkeypatch, soft):
    recorder = Recorder(monkeypatch)

    def answer(frames, number):
        labels = hard_labels(frames)
        if not soft:
            return labels
        return np.stack([labels == k for k in range(3)], axis=1).astype(np.float32)

    recorder.answer = answer
    both = supervision(predictor=recorder.name)
    scores, batch, rng = random_scores(), shot(), np.random.default_rng(0)
    weights = np.array([0.5, 0, 2], np.float32)
    alone = [
        both(scores, replace(batch, weights=np.eye(3, dtype=np.float32)[n]), rng)[0].item()
        for n in range(3)
    ]
    loss, agreement = both(scores, replace(batch, weights=weights), rng)
    assert loss.item() == pytest.approx(float(weights @ alone))
    assert sum(alone) == pytest.approx(both(scores, batch, rng)[0].item())
    assert agreement == 1

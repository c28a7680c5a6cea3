import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from mcnn.config.labels import IMAGE_SUPERVISIONS, SHOT_SUPERVISIONS, Labels
from mcnn.label_space import IGNORE
from mcnn.labels.arrays import PredictorInput
from mcnn.labels.predictors import ON_SCORES, hard_labels
from mcnn.training.batches import Batch
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
def test_shots_and_images_have_settings_of_their_own(is_shot):
    scores, rng = random_scores(), np.random.default_rng
    mixed = supervision(predictor="mil", image_predictor="lse")(scores, shot(is_shot), rng(0))
    name = "mil" if is_shot else "lse"
    alone = supervision(predictor=name, image_predictor=name)(scores, shot(is_shot), rng(0))
    assert mixed[0].item() == alone[0].item()


@pytest.mark.parametrize("name", sorted(ON_SCORES))
def test_what_works_on_the_scores_ignores_the_stride(name):
    losses = [
        supervision(predictor=name, stride=stride)(
            random_scores(), shot(), np.random.default_rng(0)
        )[0].item()
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


def test_labels_are_taken_where_the_scores_are():
    labels = np.arange(33 * 33, dtype=np.int64).reshape(1, 33, 33)
    full = supervision(stride=1)._at_scores(labels, 1)
    coarse = supervision(stride=2)._at_scores(labels[:, ::2, ::2], 2)
    np.testing.assert_array_equal(full, labels[:, ::8, ::8])
    np.testing.assert_array_equal(coarse, full)


def test_agreement_is_the_iou_of_labels_and_masks():
    batch = shot()
    labels = np.where(batch.masks, 1, 0).astype(np.uint8)
    assert mask_agreement(labels, batch, 1) == 1
    labels[:, :16] = 0
    expected = [(m & (x > 0)).sum() / m.sum() for m, x in zip(batch.masks, labels, strict=True)]
    assert mask_agreement(labels, batch, 1) == pytest.approx(np.mean(expected))


def test_full_supervision_is_the_loss_on_the_annotated_labels():
    scores, batch = random_scores(), annotated()
    loss, _ = supervision(image_predictor="full", stride=4)(scores, batch, np.random.default_rng(0))
    targets = torch.from_numpy(batch.truth[:, ::8, ::8].astype(np.int64))
    assert loss.item() == pytest.approx(segmentation_loss(scores, targets, WEIGHT).item())


def test_full_supervision_needs_annotated_labels():
    with pytest.raises(ValueError, match="annotated"):
        supervision(image_predictor="full")(random_scores(), shot(False), np.random.default_rng(0))

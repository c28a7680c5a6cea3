"""Losses of the baselines that need no label in each pixel: from tags, or from soft targets."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from mcnn.training.loss import weighted_total


def mil_loss(scores: Tensor, valid: Tensor, tags: Sequence[Sequence[int]]) -> Tensor:
    """Multi-class multiple instance loss of MIL-FCN.

    Each present label, the background included, is learnt in the one pixel where its probability
    is highest: the loss of an image is -1/K sum_l max_i log p_i(l) over its K present labels.
    D. Pathak, E. Shelhamer, J. Long, T. Darrell, "Fully convolutional multi-class multiple
    instance learning", ICLR workshop 2015 ([31] in the paper).

    Parameters
    ----------
    scores
        ``(N, L, h, w)``, before the softmax.
    valid
        ``(N, h, w)`` bool, False in padding.
    tags
        Present labels (1 .. L - 1) of each of the N images, beside the background.

    Returns
    -------
    Scalar, the mean over the images that have a valid pixel; 0 if none has.

    Examples
    --------
    The background is surest in the first pixel, the tag in the second.

    >>> p = torch.tensor([[0.8, 0.4], [0.2, 0.6]])
    >>> mil_loss(p.log().view(1, 2, 1, 2), torch.ones(1, 1, 2, dtype=bool), [[1]])
    tensor(0.3670)
    """

    def loss(pixels: Tensor, present: list[int]) -> Tensor:
        return -F.log_softmax(pixels, dim=0)[present].amax(dim=1).mean()

    return _mean_over_images(loss, scores, valid, tags)


def lse_loss(
    scores: Tensor, valid: Tensor, tags: Sequence[Sequence[int]], r: float = 5.0
) -> Tensor:
    """Image classification loss on log-sum-exp aggregated scores.

    The score of a label in an image is s_l = 1/r log(1/N sum_i exp(r f_i(l))), between the mean
    (r towards 0) and the maximum (large r) of its scores f_i(l) in the N pixels. The loss is the
    negative log likelihood of the present labels under the softmax of s, averaged over them.
    P. O. Pinheiro, R. Collobert, "From image-level to pixel-level labeling with convolutional
    networks", CVPR 2015 ([32] in the paper).

    They have one label per image, and images of background alone. Here the background is
    present in every image, beside its tags: otherwise it would only ever be unlearnt.

    Parameters
    ----------
    scores
        ``(N, L, h, w)``, before the softmax.
    valid
        ``(N, h, w)`` bool, False in padding.
    tags
        Present labels (1 .. L - 1) of each of the N images, beside the background.
    r
        5 was published.

    Returns
    -------
    Scalar, the mean over the images that have a valid pixel; 0 if none has.

    Examples
    --------
    With one pixel its scores are the image's: -(log 0.8 + log 0.2) / 2.

    >>> p = torch.tensor([0.8, 0.2])
    >>> lse_loss(p.log().view(1, 2, 1, 1), torch.ones(1, 1, 1, dtype=bool), [[1]])
    tensor(0.9163)
    """

    def loss(pixels: Tensor, present: list[int]) -> Tensor:
        # Without 1/N: the same for all labels, it cancels in the softmax.
        aggregated = (r * pixels).logsumexp(dim=1) / r
        return -F.log_softmax(aggregated, dim=0)[present].mean()

    return _mean_over_images(loss, scores, valid, tags)


def soft_target_loss(
    scores: Tensor, targets: Tensor, weight: Tensor, sample_weight: Tensor | None = None
) -> Tensor:
    """Weighted cross-entropy against distributions, averaged over the pixels that have one.

    For targets of 0 and 1 it is `mcnn.training.loss.segmentation_loss`.

    Parameters
    ----------
    scores
        ``(N, L, h, w)``, before the softmax.
    targets
        ``(N, L, h, w)`` of the type of the scores: a distribution over the labels in each pixel,
        or 0 for all of them where the pixel takes no part.
    weight
        ``(L,)``, see `mcnn.training.loss.class_weights`. The average divides by the number of
        pixels, not by their weights.
    sample_weight
        See `mcnn.training.loss.segmentation_loss`.
    """
    total = weighted_total(scores, targets, weight, sample_weight)
    return total / (targets.sum(dim=1) > 0).sum().clamp(min=1)


def _mean_over_images(
    loss: Callable[[Tensor, list[int]], Tensor],
    scores: Tensor,
    valid: Tensor,
    tags: Sequence[Sequence[int]],
) -> Tensor:
    """Mean of ``loss(scores (L, n), present)`` over the images, each with its n valid pixels."""
    losses = [
        loss(image[:, pixels], [0, *present])
        for image, pixels, present in zip(scores, valid, tags, strict=True)
        if pixels.any()
    ]
    # Without any valid pixel there is still a gradient to go back, of 0.
    return torch.stack(losses).mean() if losses else 0 * scores.sum()

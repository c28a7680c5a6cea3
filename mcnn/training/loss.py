"""The loss (1) on latent labels, and the weights of its classes."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from mcnn.config.training import Optimizer
from mcnn.label_space import IGNORE


def loss_weights(n_samples: Sequence[int], settings: Optimizer, in_warmup: bool = False) -> Tensor:
    """Weight of the background and of each class in the loss of a training.

    Parameters
    ----------
    n_samples
        Training samples of each object class.
    settings
        Of which `class_weights` is resolved, see `mcnn.config.resolve.stage_records`.
    in_warmup
        Whether the update is one of the warm-up.

    Returns
    -------
    ``(1 + len(n_samples),)`` float32: all 1 if there are none, else those of `class_weights`.
    """
    if settings.class_weights == "none":
        return torch.ones(1 + len(n_samples))
    background = settings.background_weight
    if in_warmup and settings.warmup_background_weight is not None:
        background = settings.warmup_background_weight
    if settings.class_weights == "equal":
        n_samples = [1] * len(n_samples)
    return class_weights(n_samples, background)


def class_weights(n_samples: Sequence[int], background: float = 1.0) -> Tensor:
    """Weight of the background and of each class: min_j num_j / num_l (paper, section 4.2).

    Parameters
    ----------
    n_samples
        Training samples of each object class. A class without samples takes no part: its weight
        is 1, and is never used.
    background
        Weight of the background, on which the paper is silent.

    Returns
    -------
    ``(1 + len(n_samples),)`` float32, background first.

    Examples
    --------
    >>> class_weights([10, 40]).tolist()
    [1.0, 1.0, 0.25]
    """
    smallest = min((n for n in n_samples if n), default=1)
    return torch.tensor([background, *(smallest / n if n else 1.0 for n in n_samples)])


def segmentation_loss(
    scores: Tensor, labels: Tensor, weight: Tensor, sample_weight: Tensor | None = None
) -> Tensor:
    """Weighted cross-entropy of the latent labels, averaged over the labelled pixels.

    Parameters
    ----------
    scores
        ``(N, L, h, w)``, before the softmax.
    labels
        ``(N, h, w)`` int64; 255 takes no part.
    weight
        ``(L,)``, see `class_weights`. The average divides by the number of labelled pixels, not
        by their weights: a lower weight lowers the loss.
    sample_weight
        ``(N,)``, weight of each frame, likewise; None: all are 1.
    """
    total = weighted_total(scores, labels, weight, sample_weight)
    return total / (labels != IGNORE).sum().clamp(min=1)


def weighted_total(
    scores: Tensor, targets: Tensor, weight: Tensor, sample_weight: Tensor | None
) -> Tensor:
    """Sum of the cross-entropies of all pixels, weighted by class and by frame.

    See `segmentation_loss` for the parameters; `targets` may be distributions ``(N, L, h, w)``.
    """
    # Distributions of 0 take no part by themselves.
    ignored = -100 if targets.is_floating_point() else IGNORE
    # Torch's own sum of hard labels' losses adds in any order on a GPU.
    losses = F.cross_entropy(scores, targets, weight, ignore_index=ignored, reduction="none")
    if sample_weight is not None:
        losses = losses * sample_weight[:, None, None]
    return losses.sum()

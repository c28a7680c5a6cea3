"""The loss of a mini-batch: on labels that a predictor infers, or on the tags alone."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mcnn.config.labels import Labels
from mcnn.label_space import IGNORE
from mcnn.labels.arrays import LabelMaps, PredictorInput
from mcnn.labels.predictors import ON_SCORES, LabelPredictor, build_predictor, label_each
from mcnn.networks.scores import upsample
from mcnn.networks.transfers import to_device, to_host
from mcnn.training.batches import Batch
from mcnn.training.image_losses import lse_loss, mil_loss, soft_target_loss
from mcnn.training.loss import segmentation_loss

ImageLoss = Callable[[Tensor, Tensor, Sequence[Sequence[int]]], Tensor]
Probabilities = Callable[[], NDArray[np.float32]]
"""Gives them, once the device is ready."""

IMAGE_LOSSES: dict[str, ImageLoss] = {"mil": mil_loss, "lse": lse_loss}
"""Losses on scores, valid pixels and tags, by their names in the configuration."""
FULL = "full"
"""Full supervision: the labels are the annotated ones."""


class Supervision:
    """Loss of a mini-batch by what the settings name for shots and for tagged images.

    Parameters
    ----------
    settings
        The section `labels`.
    alpha
        Weight of the network in the energy (2).
    weight
        ``(L,)``, weights of the classes; see `mcnn.training.loss.class_weights`.
    output_stride
        Of the network.
    threads
        Frames whose labels are inferred at the same time.
    """

    def __init__(
        self, settings: Labels, alpha: float, weight: Tensor, output_stride: int, threads: int = 1
    ) -> None:
        self.output_stride, self.weight = output_stride, weight
        self._strides = [
            output_stride if name in ON_SCORES else settings.stride
            for name in (settings.predictor, settings.image_predictor)
        ]
        self._shots = _plug_in(settings.predictor, settings, alpha, threads)
        self._images = _plug_in(settings.image_predictor, settings, alpha, threads)

    def begin(self, scores: Tensor, batch: Batch) -> Probabilities | None:
        """Ask the device for the probabilities that labels are inferred from; None if they aren't.

        Parameters
        ----------
        scores, batch
            As in the call.
        """
        used, stride = self._used(batch)
        if isinstance(used, str):
            return None
        height, width = batch.images[:, ::stride, ::stride].shape[1:3]
        return to_host(torch.softmax(upsample(scores.detach(), (height, width)), dim=1))

    def __call__(
        self,
        scores: Tensor,
        batch: Batch,
        rng: np.random.Generator,
        probabilities: Probabilities | None = None,
    ) -> tuple[Tensor, float]:
        """Loss of a mini-batch, and the agreement of its labels with the motion masks.

        Parameters
        ----------
        scores
            ``(N, L, h, w)``, before the softmax.
        batch
            The mini-batch.
        rng
            Source of random starts and orders.
        probabilities
            What `begin` gave for them; None: it is called.

        Returns
        -------
        loss : Tensor
            Scalar.
        agreement : float
            See `mask_agreement`; NaN where no labels are inferred.
        """
        used, stride = self._used(batch)
        device = scores.device
        if used in IMAGE_LOSSES:
            tags = [tags for group, tags in batch.groups for _ in range(group.start, group.stop)]
            valid = to_device(self._at_scores(batch.valid, 1), device)
            return IMAGE_LOSSES[str(used)](scores, valid, tags), float("nan")
        labels: NDArray[np.generic]
        if isinstance(used, str):
            labels = annotated(batch, stride)
        else:
            asked = probabilities or self.begin(scores, batch)
            assert asked is not None, "a predictor infers labels from probabilities"
            labels = infer(used, batch, asked(), stride, rng)
        agreement = mask_agreement(hardest(labels), batch, stride)
        targets = to_device(self._at_scores(labels, stride), device)
        of_frames = None if batch.weights is None else to_device(batch.weights, device)
        if targets.is_floating_point():
            targets = targets.to(scores.dtype)
            return soft_target_loss(scores, targets, self.weight, of_frames), agreement
        return segmentation_loss(scores, targets.long(), self.weight, of_frames), agreement

    def _used(self, batch: Batch) -> tuple[LabelPredictor | str, int]:
        """What supervises a mini-batch, and the stride of its labels."""
        return (self._shots if batch.is_shot else self._images), self._strides[not batch.is_shot]

    def _at_scores(self, maps: NDArray[np.generic], stride: int) -> NDArray[np.generic]:
        """Maps ``(..., H, W)`` at the centres of the scores, the resolution of the loss."""
        step = self.output_stride // stride
        return maps[..., ::step, ::step]


def infer(
    predictor: LabelPredictor,
    batch: Batch,
    probabilities: NDArray[np.float32],
    stride: int,
    rng: np.random.Generator,
) -> NDArray[np.generic]:
    """Labels ``(N, ceil(C / stride), ceil(C / stride))``, or distributions over them.

    The probabilities are ``(N, L, ceil(C / stride), ceil(C / stride))``.
    """
    grid = np.s_[:, ::stride, ::stride]
    images, masks, valid = batch.images[grid], batch.masks[grid], batch.valid[grid]
    groups = [
        PredictorInput(images[g], masks[g], valid[g], probabilities[g], tags, rng)
        for g, tags in batch.groups
    ]
    return np.concatenate(label_each(predictor, groups))


def annotated(batch: Batch, stride: int) -> LabelMaps:
    """Annotated labels ``(N, ceil(C / stride), ceil(C / stride))`` of full supervision."""
    if batch.truth is None:
        raise ValueError("full supervision needs a batch with annotated labels")
    return batch.truth[:, ::stride, ::stride]


def hardest(labels: NDArray[np.generic]) -> LabelMaps:
    """Labels ``(N, H, W)``, of distributions ``(N, L, H, W)`` the likeliest."""
    if labels.ndim == 3:
        return labels.astype(np.uint8)
    likeliest = labels.argmax(axis=1).astype(np.uint8)
    return np.where(labels.any(axis=1), likeliest, np.uint8(IGNORE))


def mask_agreement(labels: LabelMaps, batch: Batch, stride: int) -> float:
    """Mean over frames of the IoU of labelled foreground and motion mask; NaN for images.

    Frames with neither are left out.
    """
    if not batch.is_shot:
        return float("nan")
    masks = batch.masks[:, ::stride, ::stride]
    foreground = (labels > 0) & (labels != IGNORE)
    union = (masks | foreground).sum((1, 2))
    intersection = (masks & foreground).sum((1, 2))
    used = union > 0
    return float(np.mean(intersection[used] / union[used])) if used.any() else float("nan")


def _plug_in(name: str, settings: Labels, alpha: float, threads: int) -> LabelPredictor | str:
    """A label predictor, or the name of a supervision without one."""
    if name in IMAGE_LOSSES or name == FULL:
        return name
    return build_predictor(name, settings, alpha, threads)

"""The training loop: forward, label inference, backward, once per mini-batch."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mcnn.config.method import Labels, Stage
from mcnn.config.record import StageRecord
from mcnn.labels.arrays import IGNORE
from mcnn.labels.predictors import build_image_predictor, build_predictor
from mcnn.networks.build import SegmentationNetwork
from mcnn.networks.scores import normalise, upsample
from mcnn.progress import track
from mcnn.training.batches import LABELS, Batch, MiniBatches
from mcnn.training.checkpoint import load_checkpoint, save_checkpoint
from mcnn.training.loss import class_weights, segmentation_loss
from mcnn.training.optimizer import learning_rate, parameter_groups, set_learning_rate

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class HistoryRow:
    """One iteration in history.csv."""

    iteration: int
    loss: float
    learning_rate: float
    agreement: float


def train(
    network: SegmentationNetwork,
    batches: MiniBatches,
    record: StageRecord,
    device: torch.device,
    checkpoint: Path,
    mark: str,
) -> list[HistoryRow]:
    """Train a network in place on labels that are inferred in every iteration.

    Parameters
    ----------
    network
        With its initial weights.
    batches
        The mini-batches.
    record
        Settings of the stage.
    device
        Where the network runs.
    checkpoint
        File that a killed training resumes from; removed by the caller once all is written.
    mark
        Fingerprint of the training.

    Returns
    -------
    A row per iteration.

    Raises
    ------
    FloatingPointError
        If the loss is not finite.
    """
    network.to(device).train()
    groups = parameter_groups(network, list(network.classifier_parameters()), record.optimizer)
    optimizer = torch.optim.SGD(
        groups, lr=record.stage.learning_rate, momentum=record.optimizer.momentum
    )
    weight = class_weights(batches.n_samples(), record.optimizer.background_weight).to(device)
    first, history = _resume(network, optimizer, checkpoint, mark)

    n_iterations = record.stage.iterations
    for iteration in track(range(first, n_iterations), n_iterations, "training", first):
        rate = learning_rate(iteration, record.stage, record.optimizer.step_factor)
        labeller = Labeller(record.labels, alpha_of(iteration, record.stage))
        set_learning_rate(optimizer, rate)
        optimizer.zero_grad()
        losses, agreements = zip(
            *(
                _accumulate(network, labeller, batches, number, weight, record.optimizer.iter_size)
                for number in _mini_batches(iteration, record.optimizer.iter_size)
            ),
            strict=True,
        )
        optimizer.step()
        row = HistoryRow(iteration, float(np.mean(losses)), rate, _nanmean(agreements))
        if not np.isfinite(row.loss):
            raise FloatingPointError(
                f"the loss is {row.loss} in iteration {iteration}: lower the learning rate"
            )
        history.append(row)
        if (iteration + 1) % record.optimizer.checkpoint_every == 0:
            save_checkpoint(checkpoint, _state(network, optimizer, history), mark)
    return history


def alpha_of(iteration: int, stage: Stage) -> float:
    """Weight of the network in an update (counted from 0): none during the warm-up."""
    return stage.alpha if iteration >= stage.warmup else 0.0


def _mini_batches(iteration: int, iter_size: int) -> range:
    return range(iteration * iter_size, (iteration + 1) * iter_size)


def _accumulate(
    network: SegmentationNetwork,
    labeller: "Labeller",
    batches: MiniBatches,
    number: int,
    weight: Tensor,
    iter_size: int,
) -> tuple[float, float]:
    """Add the gradient of one mini-batch; its loss, and its labels' agreement with the masks."""
    rng = batches.rng(LABELS, number)
    torch.manual_seed(int(rng.integers(2**62)))  # Dropout.
    batch = batches(number)
    scores = network(normalise(batch.images, network.mean, network.std, weight.device))
    labels = labeller(batch, scores.detach(), rng)
    targets = torch.from_numpy(labeller.targets(labels, network.output_stride))
    loss = segmentation_loss(scores, targets.long().to(weight.device), weight)
    (loss / iter_size).backward()
    return loss.item(), mask_agreement(labels, batch, labeller.stride)


class Labeller:
    """Latent labels of a mini-batch, at every `stride`-th pixel of the network's input."""

    def __init__(self, settings: Labels, alpha: float) -> None:
        self.stride = settings.stride
        threads = torch.get_num_threads()
        self._shots = build_predictor(settings, alpha, threads)
        self._images = build_image_predictor(settings, alpha, threads)

    def __call__(self, batch: Batch, scores: Tensor, rng: np.random.Generator) -> NDArray[np.uint8]:
        """Labels ``(N, ceil(C / stride), ceil(C / stride))`` uint8 from scores ``(N, L, h, w)``."""
        grid = np.s_[:, :: self.stride, :: self.stride]
        images, masks, valid = batch.images[grid], batch.masks[grid], batch.valid[grid]
        fine = upsample(scores, images.shape[1:3])
        probabilities = torch.softmax(fine, dim=1).cpu().numpy()
        predict = self._shots if batch.is_shot else self._images
        return np.concatenate(
            [
                predict(images[g], masks[g], valid[g], probabilities[g], tags, rng)
                for g, tags in batch.groups
            ]
        )

    def targets(self, labels: NDArray[np.uint8], output_stride: int) -> NDArray[np.uint8]:
        """Labels at the centres of the network's scores, the resolution of the loss."""
        step = output_stride // self.stride
        return np.ascontiguousarray(labels[:, ::step, ::step])


def mask_agreement(labels: NDArray[np.uint8], batch: Batch, stride: int) -> float:
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


def _nanmean(values: Sequence[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


def _state(
    network: SegmentationNetwork, optimizer: torch.optim.Optimizer, history: Sequence[HistoryRow]
) -> dict[str, Any]:
    return {
        "network": network.state_dict(),
        "optimizer": optimizer.state_dict(),
        "history": [tuple(vars(row).values()) for row in history],
    }


def _resume(
    network: SegmentationNetwork, optimizer: torch.optim.Optimizer, checkpoint: Path, mark: str
) -> tuple[int, list[HistoryRow]]:
    state = load_checkpoint(checkpoint, mark)
    if state is None:
        return 0, []
    network.load_state_dict(state["network"])
    optimizer.load_state_dict(state["optimizer"])
    history = [HistoryRow(*row) for row in state["history"]]
    log.info("resumed from %s at iteration %d", checkpoint, len(history))
    return len(history), history

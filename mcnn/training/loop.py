"""The training loop: forward, label inference, backward, once per mini-batch."""

import logging
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from mcnn.artefacts.run import HistoryRow
from mcnn.config.labels import BASELINES, Labels
from mcnn.config.record import StageRecord
from mcnn.config.training import Stage
from mcnn.networks.base import SegmentationNetwork
from mcnn.networks.scores import normalise
from mcnn.progress import track
from mcnn.training.batches import LABELS, MiniBatches
from mcnn.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from mcnn.training.loss import loss_weights
from mcnn.training.optimizer import (
    freeze_backbone,
    learning_rate,
    parameter_groups,
    set_learning_rate,
)
from mcnn.training.supervision import Supervision

log = logging.getLogger(__name__)


def train(
    network: SegmentationNetwork,
    batches: MiniBatches,
    record: StageRecord,
    device: torch.device,
    checkpoint: Checkpoint,
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
        What a killed training resumes from; removed by the caller once all is written.

    Returns
    -------
    A row per iteration.

    Raises
    ------
    FloatingPointError
        If the loss is not finite.
    """
    network.to(device).train()
    classifier = network.classifier_parameters()
    if record.optimizer.backbone_multiplier == 0:
        freeze_backbone(network, classifier)
    groups = parameter_groups(network, classifier, record.optimizer)
    optimizer = torch.optim.SGD(
        groups, lr=record.stage.learning_rate, momentum=record.optimizer.momentum
    )
    weight = loss_weights(batches.n_samples(), record.optimizer).to(device)

    @lru_cache(maxsize=1)
    def supervision(alpha: float, labels: Labels) -> Supervision:
        return Supervision(labels, alpha, weight, network.output_stride)

    first, history = _resume(network, optimizer, checkpoint)

    n_iterations = record.stage.iterations
    for iteration in track(range(first, n_iterations), n_iterations, "training", first):
        rate = learning_rate(iteration, record.stage, record.optimizer.step_factor)
        alpha = alpha_of(iteration, record.stage)
        supervise = supervision(alpha, labels_of(iteration, record))
        set_learning_rate(optimizer, rate)
        optimizer.zero_grad()
        losses, agreements = zip(
            *(
                _accumulate(network, supervise, batches, number, record.optimizer.iter_size)
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
        if (iteration + 1) % checkpoint.every == 0:
            state = _state(network, optimizer, history)
            save_checkpoint(checkpoint.path, state, checkpoint.mark)
    return history


def alpha_of(iteration: int, stage: Stage) -> float:
    """Weight of the network in an update (counted from 0): none during the warm-up."""
    return stage.alpha if iteration >= stage.warmup else 0.0


def labels_of(iteration: int, record: StageRecord) -> Labels:
    """Settings of the labels of an update (counted from 0): of the warm-up, or of the rest.

    The baselines, which know no alpha, have no warm-up.
    """
    labels = record.labels
    same = labels.warmup_predictor == "same" or labels.predictor in BASELINES
    if iteration >= record.stage.warmup or same:
        return labels
    return labels.model_copy(update={"predictor": labels.warmup_predictor})


def _mini_batches(iteration: int, iter_size: int) -> range:
    return range(iteration * iter_size, (iteration + 1) * iter_size)


def _accumulate(
    network: SegmentationNetwork,
    supervise: Supervision,
    batches: MiniBatches,
    number: int,
    iter_size: int,
) -> tuple[float, float]:
    """Add the gradient of one mini-batch; its loss, and its labels' agreement with the masks."""
    rng = batches.rng(LABELS, number)
    torch.manual_seed(int(rng.integers(2**62)))  # Dropout.
    batch = batches(number)
    device = supervise.weight.device
    scores = network(normalise(batch.images, network.mean, network.std, device))
    loss, agreement = supervise(scores, batch, rng)
    (loss / iter_size).backward()
    return loss.item(), agreement


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
    network: SegmentationNetwork, optimizer: torch.optim.Optimizer, checkpoint: Checkpoint
) -> tuple[int, list[HistoryRow]]:
    state = load_checkpoint(checkpoint.path, checkpoint.mark)
    if state is None:
        return 0, []
    network.load_state_dict(state["network"])
    optimizer.load_state_dict(state["optimizer"])
    history = [HistoryRow(*row) for row in state["history"]]
    log.info("resumed from %s at iteration %d", checkpoint.path, len(history))
    return len(history), history

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

    @lru_cache(maxsize=1)
    def supervision(alpha: float, labels: Labels, in_warmup: bool) -> Supervision:
        weight = loss_weights(batches.n_samples(), record.optimizer, in_warmup).to(device)
        return Supervision(labels, alpha, weight, network.output_stride)

    first, history = _resume(network, optimizer, checkpoint)

    n_iterations = record.stage.iterations
    for iteration in track(range(first, n_iterations), n_iterations, "training", first):
        rate = learning_rate(iteration, record.stage, record.optimizer.step_factor)
        in_warmup = is_warmup(iteration, record)
        alpha = 0.0 if in_warmup else record.stage.alpha
        supervise = supervision(alpha, labels_of(record, in_warmup), in_warmup)
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


def is_warmup(iteration: int, record: StageRecord) -> bool:
    """Whether an update (counted from 0) is of the warm-up, in which the network has no weight.

    The baselines, which know no alpha, have no warm-up.
    """
    return iteration < record.stage.warmup and record.labels.predictor not in BASELINES


def labels_of(record: StageRecord, in_warmup: bool) -> Labels:
    """Settings of the labels of an update: of the warm-up, or of the rest."""
    labels = record.labels
    if not in_warmup or labels.warmup_predictor == "same":
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

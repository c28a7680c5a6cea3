"""The training loop: forward, label inference, backward, once per mini-batch."""

import logging
import math
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from mcnn.artefacts.run import HistoryRow
from mcnn.config.labels import BASELINES, Labels
from mcnn.config.record import StageRecord
from mcnn.errors import ConfigError
from mcnn.networks.base import SegmentationNetwork
from mcnn.networks.threads import single_threaded
from mcnn.progress import track
from mcnn.training.batches import MiniBatches
from mcnn.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from mcnn.training.frozen import FrozenFeatures, frozen_features
from mcnn.training.gradients import Gradients
from mcnn.training.loss import loss_weights
from mcnn.training.optimizer import (
    freeze_backbone,
    learning_rate,
    parameter_groups,
    set_learning_rate,
)
from mcnn.training.signals import Stopped, StopSignals
from mcnn.training.supervision import Supervision

log = logging.getLogger(__name__)


def train(
    network: SegmentationNetwork,
    batches: MiniBatches,
    record: StageRecord,
    device: torch.device,
    checkpoint: Checkpoint | None,
    threads: int = 1,
    frozen: FrozenFeatures | None = None,
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
        What a killed training resumes from; None: it does not.
    threads
        Cores to use; on a CPU the weights are the same for any number.
    frozen
        Features that are known already, with `backbone_input: frames`.

    Returns
    -------
    A row per iteration.

    Raises
    ------
    FloatingPointError
        If the loss is not finite.
    ConfigError
        If a GPU has no memory left.
    Stopped
        If SIGINT, SIGTERM or SIGUSR1 came; the checkpoint is then of the last whole update.
    """
    network.to(device).train()
    classifier = network.classifier_parameters()
    if record.optimizer.backbone_multiplier == 0:
        freeze_backbone(network, classifier)
    frozen = frozen or frozen_features(network, record.optimizer)
    groups = parameter_groups(network, classifier, record.optimizer)
    optimizer = torch.optim.SGD(
        groups, lr=record.stage.learning_rate, momentum=record.optimizer.momentum
    )

    @lru_cache(maxsize=1)
    def supervision(alpha: float, labels: Labels, in_warmup: bool) -> Supervision:
        weight = loss_weights(batches.n_samples(), record.optimizer, in_warmup).to(device)
        return Supervision(labels, alpha, weight, network.output_stride, threads)

    kept = _Kept(network, optimizer, record.stage.iterations, checkpoint)
    first, n_iterations = len(kept.history), record.stage.iterations
    end = n_iterations * record.optimizer.iter_size
    with (
        StopSignals() as signals,
        single_threaded(),
        Gradients(network, batches, device, threads, end, frozen) as gradients,
    ):
        try:
            for iteration in track(range(first, n_iterations), n_iterations, "training", first):
                rate = learning_rate(iteration, record.stage, record.optimizer.step_factor)
                in_warmup = is_warmup(iteration, record)
                alpha = 0.0 if in_warmup else record.stage.alpha
                supervise = supervision(alpha, labels_of(record, in_warmup), in_warmup)
                set_learning_rate(optimizer, rate)
                optimizer.zero_grad()
                numbers = _mini_batches(iteration, record.optimizer.iter_size)
                results = gradients.accumulate(numbers, supervise, signals.check)
                losses, agreements = zip(*results, strict=True)
                row = HistoryRow(iteration, float(np.mean(losses)), rate, _nanmean(agreements))
                with signals.held():
                    optimizer.step()
                    if not np.isfinite(row.loss):
                        raise FloatingPointError(
                            f"the loss is {row.loss} in iteration {iteration}: lower the learning "
                            "rate"
                        )
                    kept.add(row)
        except Stopped as stop:
            signals.hold()
            kept.save()
            log.warning("stopped by %s after %d updates", stop.name, len(kept.history))
            raise
        except torch.OutOfMemoryError as error:
            lower = record.optimizer.micro_batch_size
            raise ConfigError(
                f"training.micro_batch_size: {device} has no memory left; got "
                f"{'none' if lower is None else lower}, set it to fewer frames, or "
                "training.crop_size lower"
            ) from error
    return kept.history


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


def _nanmean(values: Sequence[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


class _Kept:
    """What a checkpoint holds: the network, the optimizer until the end, and the history."""

    def __init__(
        self,
        network: SegmentationNetwork,
        optimizer: torch.optim.Optimizer,
        n_iterations: int,
        checkpoint: Checkpoint | None,
    ) -> None:
        self.history: list[HistoryRow] = []
        self._network, self._optimizer = network, optimizer
        self._n_iterations, self._checkpoint = n_iterations, checkpoint
        self._resume()
        self._due = self._next()

    def add(self, row: HistoryRow) -> None:
        """Note an update, and save if it is time."""
        self.history.append(row)
        done = len(self.history)
        if self._checkpoint is None:
            return
        by_number = done == self._n_iterations or done % self._checkpoint.every == 0
        if by_number or time.monotonic() >= self._due:
            self.save()

    def save(self) -> None:
        """Write the checkpoint; there is nothing to keep of no update."""
        if self._checkpoint is None or not self.history:
            return
        state: dict[str, Any] = {
            "network": self._network.state_dict(),
            "history": [tuple(vars(row).values()) for row in self.history],
        }
        if len(self.history) < self._n_iterations:
            state["optimizer"] = self._optimizer.state_dict()
        save_checkpoint(self._checkpoint.path, state, self._checkpoint.mark)
        self._due = self._next()

    def _next(self) -> float:
        minutes = math.inf if self._checkpoint is None else self._checkpoint.minutes
        return time.monotonic() + 60 * minutes

    def _resume(self) -> None:
        if self._checkpoint is None:
            return
        state = load_checkpoint(self._checkpoint.path, self._checkpoint.mark)
        if state is None:
            return
        self._network.load_state_dict(state["network"])
        if "optimizer" in state:
            self._optimizer.load_state_dict(state["optimizer"])
        self.history = [HistoryRow(*row) for row in state["history"]]
        log.info("resumed from %s at iteration %d", self._checkpoint.path, len(self.history))

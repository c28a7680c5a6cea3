"""The gradient of an update, by as many threads as there are, and the same for any number.

On a CPU each operation of torch runs in a single thread, so that no sum depends on their number.
What goes through the network in one thread of a pool is a mini-batch, where an update has several,
because the weights are the same for all of them, or else a frame; gradients are added up in the
order of their mini-batches and frames. Labels are inferred in between, one mini-batch after the
other, and mini-batches are read ahead.

A GPU is asked for the scores of the next mini-batch of an update before the labels of one are
inferred, and works on them meanwhile.
"""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple, TypeVar, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mcnn.networks.base import SegmentationNetwork
from mcnn.networks.dropout import drawing_from
from mcnn.networks.scores import normalise
from mcnn.training.batches import LABELS, Batch, MiniBatches
from mcnn.training.crops import Frame
from mcnn.training.frozen import FrozenFeatures
from mcnn.training.supervision import Probabilities, Supervision

AHEAD = 2
"""Mini-batches that are read before they are needed."""
BEGUN_ON_GPU = 2
"""Mini-batches that a GPU has been asked for when the labels of the first are inferred."""

Result = TypeVar("Result")


class _Part(NamedTuple):
    """Crops that go through the network at once, the seed of their dropout, and their frames."""

    images: NDArray[np.uint8]
    seed: int
    frames: tuple[Frame, ...]


class _Forwarded(NamedTuple):
    """A mini-batch on its way through the network: its parts, their scores, its random numbers.

    Of a GPU, its probabilities are on their way to the CPU as well.
    """

    batch: Batch
    parts: list[_Part]
    scores: list["Future[Tensor]"]
    rng: np.random.Generator
    probabilities: Probabilities | None


class Gradients(AbstractContextManager["Gradients"]):
    """Adds the gradients of mini-batches to the network's, in a block that its threads end with.

    Parameters
    ----------
    network
        In training mode, on the device.
    batches
        The mini-batches.
    device
        Where the network runs.
    threads
        Mini-batches or frames that are worked on at the same time, on a CPU.
    end
        Number of the first mini-batch that is not wanted any more.
    frozen
        Features of the mini-batches' frames; None: the network looks at the crops.
    """

    def __init__(
        self,
        network: SegmentationNetwork,
        batches: MiniBatches,
        device: torch.device,
        threads: int,
        end: int,
        frozen: FrozenFeatures | None = None,
    ) -> None:
        self._network, self._batches, self._device, self._end = network, batches, device, end
        self._frozen = frozen
        self._on_cpu, self._settings = device.type == "cpu", batches.settings
        self._threads = threads if self._on_cpu else 1
        self._begun = self._threads if self._on_cpu else BEGUN_ON_GPU
        self._parameters = [p for p in network.parameters() if p.requires_grad]
        self._pool = ThreadPoolExecutor(self._threads) if self._threads > 1 else None
        self._reader = ThreadPoolExecutor(1)
        self._read: dict[int, Future[Batch]] = {}

    def __exit__(self, *_: object) -> None:
        for pool in filter(None, (self._pool, self._reader)):
            pool.shutdown(cancel_futures=True)

    def accumulate(
        self, numbers: range, supervise: Supervision, check: Callable[[], None]
    ) -> list[tuple[float, float]]:
        """Add the mean of some mini-batches' gradients.

        Parameters
        ----------
        numbers
            Of the mini-batches, one after the other.
        supervise
            Their loss.
        check
            Called before each of them.

        Returns
        -------
        Loss of each mini-batch, and agreement of its labels with the masks.
        """
        whole = len(numbers) > 1 or not self._on_cpu
        forwarded: deque[_Forwarded] = deque()
        gradients: deque[Future[Sequence[Tensor | None]]] = deque()
        results = []
        for number in numbers:
            check()
            for each in range(number + len(forwarded), min(number + self._begun, numbers.stop)):
                forwarded.append(self._forward(each, whole, supervise))
            loss, agreement, pairs = self._supervised(forwarded.popleft(), supervise, len(numbers))
            results.append((loss, agreement))
            for pair in pairs:
                gradients.append(self._submit(self._gradients, *pair))
                # Few of them are kept at a time.
                if len(gradients) > self._threads:
                    self._add(gradients.popleft().result())
        while gradients:
            self._add(gradients.popleft().result())
        # A GPU is waited for once.
        return [(loss.item(), agreement) for loss, agreement in results]

    def _batch(self, number: int) -> Batch:
        for each in range(number, min(number + AHEAD + 1, self._end)):
            if each not in self._read:
                self._read[each] = self._reader.submit(self._batches, each)
        return self._read.pop(number).result()

    def _forward(self, number: int, whole: bool, supervise: Supervision) -> _Forwarded:
        batch, rng = self._batch(number), self._batches.rng(LABELS, number)
        seed, n = int(rng.integers(2**62)), len(batch.images)
        size = min(n if whole else 1, self._settings.micro_batch_size or n)
        parts = [
            _Part(batch.images[t : t + size], seed + t, batch.frames[t : t + size])
            for t in range(0, n, size)
        ]
        keep = self._settings.micro_batch_size is None
        scores = [self._submit(self._scores, part, keep) for part in parts]
        asked = None if self._on_cpu else supervise.begin(_joined(scores), batch)
        return _Forwarded(batch, parts, scores, rng, asked)

    def _scores(self, part: _Part, keep: bool) -> Tensor:
        """Scores (N, L, h, w) float32; all that their gradient needs is kept, or nothing."""
        rounded: AbstractContextManager[object] = nullcontext()
        if self._settings.precision == "bfloat16":
            rounded = torch.autocast(self._device.type, torch.bfloat16)
        with drawing_from(part.seed), torch.set_grad_enabled(keep), rounded:
            scores = self._of_crops(part) if self._frozen is None else self._of_frames(part)
        return scores.float()

    def _of_crops(self, part: _Part) -> Tensor:
        network = self._network
        inputs = normalise(part.images, network.mean, network.std, self._device)
        return cast(Tensor, network(inputs))

    def _of_frames(self, part: _Part) -> Tensor:
        assert self._frozen is not None, "called with features"
        features = self._frozen(part.frames, part.images.shape[1])
        return cast(Tensor, self._network.classifier(features))

    def _supervised(
        self, forwarded: _Forwarded, supervise: Supervision, iter_size: int
    ) -> tuple[Tensor, float, list[tuple[_Part, Tensor, Tensor]]]:
        """Loss, agreement, and of each part its scores and the gradient of the loss in them."""
        batch, parts, futures, rng, probabilities = forwarded
        scores = _joined(futures).requires_grad_()
        loss, agreement = supervise(scores, batch, rng, probabilities)
        (of_scores,) = torch.autograd.grad(loss / iter_size, scores)
        of_parts = of_scores.split([len(part.images) for part in parts])
        found = [future.result() for future in futures]
        return loss.detach(), agreement, list(zip(parts, found, of_parts, strict=True))

    def _gradients(self, part: _Part, scores: Tensor, of_scores: Tensor) -> Sequence[Tensor | None]:
        if not scores.requires_grad:
            scores = self._scores(part, keep=True)
        return torch.autograd.grad(scores, self._parameters, of_scores, allow_unused=True)

    def _submit(self, function: Callable[..., Result], *arguments: object) -> "Future[Result]":
        if self._pool is not None:
            return self._pool.submit(function, *arguments)
        done: Future[Result] = Future()
        done.set_result(function(*arguments))
        return done

    def _add(self, gradients: Sequence[Tensor | None]) -> None:
        for parameter, gradient in zip(self._parameters, gradients, strict=True):
            if gradient is not None:
                # Not in place: two parameters may have been given the same tensor.
                parameter.grad = gradient if parameter.grad is None else parameter.grad + gradient


def _joined(scores: Sequence["Future[Tensor]"]) -> Tensor:
    """Scores of a whole mini-batch, without their history."""
    return torch.cat([future.result().detach() for future in scores])

"""Dropout whose random numbers are a function of a seed, in whatever thread."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class _Drawn(threading.local):
    """What the layers that a thread calls draw from; None: torch's own generator."""

    seed: int | None = None
    generator: torch.Generator | None = None


_drawn = _Drawn()


@contextmanager
def drawing_from(seed: int) -> Iterator[None]:
    """Seed the `Dropout` layers that this thread calls within the block.

    Torch's own layers share one generator: what a frame gets would depend on which of the threads
    comes first.
    """
    _drawn.seed = seed
    try:
        yield
    finally:
        _drawn.seed = _drawn.generator = None


class Dropout(nn.Module):
    """Set each value to 0 with a probability, and scale the others so that the mean stays.

    Parameters
    ----------
    p
        The probability.

    Examples
    --------
    >>> layer = Dropout(0.5)
    >>> with drawing_from(seed=0):
    ...     sorted(set(layer(torch.ones(99)).tolist()))
    [0.0, 2.0]
    >>> layer.eval()(torch.ones(3))
    tensor([1., 1., 1.])
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, features: Tensor) -> Tensor:
        """Features as they are in evaluation mode; otherwise some are 0."""
        if not self.training:
            return features
        if _drawn.generator is None and _drawn.seed is not None:
            _drawn.generator = torch.Generator(features.device).manual_seed(_drawn.seed)
        kept = torch.empty_like(features).bernoulli_(1 - self.p, generator=_drawn.generator)
        return features * kept / (1 - self.p)

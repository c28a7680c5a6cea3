"""Arrays that go into and come out of label estimation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Images = NDArray[np.uint8]
Bools = NDArray[np.bool_]
LabelMaps = NDArray[np.uint8]
Floats = NDArray[np.floating]
Network = Callable[[Images], NDArray[np.float32]]
"""From images ``(N, H, W, 3)`` uint8 RGB to softmax outputs ``(N, L, H, W)``."""


@dataclass(frozen=True)
class PredictorInput:
    """The frames of a shot, or one tagged image, whose latent labels are to be estimated.

    Attributes
    ----------
    images
        ``(T, H, W, 3)`` uint8, RGB.
    masks
        ``(T, H, W)`` bool, motion masks.
    valid
        ``(T, H, W)`` bool, False in padding.
    probabilities
        ``(T, L, H, W)``, the network's softmax output over all labels.
    tags
        Labels (1 .. L - 1) that may occur beside the background.
    rng
        Source of random starts and orders.
    """

    images: Images
    masks: Bools
    valid: Bools
    probabilities: NDArray[np.float32]
    tags: Sequence[int]
    rng: np.random.Generator

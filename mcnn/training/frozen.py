"""Features of a frozen backbone in whole frames, each looked at once.

A backbone that does not learn sees in a frame what it saw there before. Its levels are kept as they
are, at their own resolutions; the features of a crop are interpolated from them where the scores
are, as those of a whole image are in a prediction. So a crop is seen with what surrounds it, and
begins at a multiple of the output stride.
"""

import threading
from collections.abc import Hashable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mcnn.config.training import Optimizer
from mcnn.networks.base import SegmentationNetwork
from mcnn.networks.levels import LevelNetwork, resample
from mcnn.networks.scores import normalise, pad
from mcnn.training.crops import Frame

MOST_MB = 2000
"""Features kept, in MiB, unless a job says what memory it has."""


class FrozenFeatures:
    """Gives the features of crops.

    Frames are looked at one by one, so that features do not depend on what else is asked for. They
    may be asked for by several threads.

    Parameters
    ----------
    network
        The backbone and where its levels lie.
    most_bytes
        Of the features kept; the frames that come last are looked at each time.
    """

    def __init__(self, network: LevelNetwork, most_bytes: int) -> None:
        self._network, self._left = network, most_bytes
        self._known: dict[Hashable, list[Tensor]] = {}
        self._lock = threading.Lock()

    @torch.no_grad()
    def __call__(self, frames: Sequence[Frame], size: int) -> Tensor:
        """Features of crops where the scores are, before they are standardised.

        Parameters
        ----------
        frames
            The frames, and where the crops lie in them.
        size
            Side of the crops, in pixels.

        Returns
        -------
        features
            (N, channels, h, h) with h = (size - 1) // 8 + 1, on the network's device.
        """
        n = (size - 1) // self._network.output_stride + 1
        # In full precision whatever the training's: each frame is looked at once.
        with torch.autocast(self._network.mean.device.type, enabled=False):
            return torch.cat([self._of_crop(frame, n) for frame in frames])

    def _of_crop(self, frame: Frame, n: int) -> Tensor:
        found = zip(self._levels(frame), self._network.places, strict=True)
        first = (frame.top, frame.left)
        return torch.cat([resample(x, place, (n, n), first=first) for x, place in found], dim=1)

    def _levels(self, frame: Frame) -> list[Tensor]:
        known = self._known.get(frame.key)
        if known is None:
            known = self._look(frame.image)
            n_bytes = sum(level.nbytes for level in known)
            with self._lock:
                if n_bytes <= self._left and frame.key not in self._known:
                    self._left -= n_bytes
                    self._known[frame.key] = known
        return known

    def _look(self, image: NDArray[np.uint8]) -> list[Tensor]:
        """Levels (1, channels, h, w) of an image."""
        network = self._network
        images = np.ascontiguousarray(image)[None]  # A mirrored one is a view backwards.
        inputs = normalise(images, network.mean, network.std, network.mean.device)
        return network.levels(pad(inputs, network.output_stride))


def frozen_features(
    network: SegmentationNetwork, settings: Optimizer, most_mb: int = MOST_MB
) -> FrozenFeatures | None:
    """What `backbone_input: frames` asks for; None where the backbone looks at the crops."""
    if settings.backbone_input == "crops":
        return None
    assert isinstance(network, LevelNetwork), "checked with the configuration"
    return FrozenFeatures(network, most_mb * 2**20)

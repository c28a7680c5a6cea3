"""Statistics of a backbone's features on the training frames, measured before the first update."""

from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mcnn.networks.levels import LevelNetwork
from mcnn.networks.scores import normalise
from mcnn.networks.threads import single_threaded
from mcnn.progress import track
from mcnn.training.batches import MiniBatches
from mcnn.training.crops import Frame
from mcnn.training.frozen import FrozenFeatures

FRAMES = 256
"""Frames that are enough: their mini-batches, the first of the training, are looked at."""
ROUNDING = 1e-6
"""Deviation relative to the mean below which a float32 feature is taken to be constant."""


def calibrate(
    network: LevelNetwork,
    batches: MiniBatches,
    device: torch.device,
    threads: int = 1,
    frozen: FrozenFeatures | None = None,
) -> None:
    """Set mean and deviation by which a network standardises its features.

    They are those of the features in the first mini-batches of the training, as many as have
    `FRAMES` frames together, or all of an epoch; padding does not count. The mini-batches are a
    function of the seed: the statistics are the same in a resumed training, and no random numbers
    of the training are used up.

    Parameters
    ----------
    network
        With its initial weights; moved to the device.
    batches
        The mini-batches.
    device
        Where the network runs.
    threads
        Frames that are worked on at the same time; the statistics are the same for any number.
    frozen
        Gives the features of the mini-batches' frames; None: the backbone looks at the crops.
    """
    network.to(device).eval()
    statistics, n_frames, stride = _Statistics(), 0, network.output_stride

    def features_of(image: NDArray[np.uint8], frame: Frame | None) -> Tensor:
        if frozen is not None and frame is not None:
            return frozen([frame], len(image))[0].cpu().double()
        inputs = normalise(image[None], network.mean, network.std, device)
        with torch.no_grad():
            return network.level_features(inputs)[0].cpu().double()

    with single_threaded(), ThreadPoolExecutor(threads) as pool:
        for number in track(range(len(batches)), len(batches), "calibrating"):
            batch = batches(number)
            valid = torch.from_numpy(batch.valid[:, ::stride, ::stride])
            frames = batch.frames or repeat(None)
            found = pool.map(features_of, batch.images, frames)
            for features, known in zip(found, valid, strict=True):
                statistics.add(features[:, known])
            n_frames += len(batch.images)
            if n_frames >= FRAMES:
                break
    mean, std = statistics.result()
    network.standardise.mean.copy_(mean)
    network.standardise.std.copy_(std)


class _Statistics:
    """Running mean and deviation of the rows of arrays.

    Rows are counted from the first value of each, so that sums stay small, and those of a constant
    row are exactly 0.
    """

    def __init__(self) -> None:
        self.n = 0
        self.origin = self.sums = self.squares = torch.zeros(())

    def add(self, values: Tensor) -> None:
        """Add (channels, n) float64 values."""
        if self.n == 0 and values.shape[1]:
            self.origin = values[:, :1].clone()
        self.n += values.shape[1]
        distances = values - self.origin
        self.sums = self.sums + distances.sum(dim=1)
        self.squares = self.squares + (distances**2).sum(dim=1)

    def result(self) -> tuple[Tensor, Tensor]:
        """Mean and deviation of each channel; of a constant one the deviation is 1."""
        distance = self.sums / self.n
        mean = self.origin.squeeze(1) + distance
        std = (self.squares / self.n - distance**2).clamp(min=0).sqrt()
        return mean, torch.where(std > ROUNDING * mean.abs(), std, 1)

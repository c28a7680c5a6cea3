"""Localization of the objects of a shot: from frames to boxes, a few windows in memory."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mcnn.artefacts.localized import Localized
from mcnn.colocalization.windows import Localizer, read_windows
from mcnn.config.colocalization import Colocalization
from mcnn.errors import DataError
from mcnn.labels.arrays import Network


def localize_shot(
    frames: Iterable[NDArray[np.uint8]],
    numbers: Sequence[int],
    labels: Mapping[str, int],
    network: Network,
    settings: Colocalization,
    seed: int = 0,
    threads: int = 1,
    superpixels: Iterable[NDArray[np.int32]] | None = None,
    on_cpu: bool = True,
) -> Iterator[Localized]:
    """Localize the objects of a shot.

    Parameters
    ----------
    frames
        ``(H, W, 3)`` uint8 RGB, all of one size; consumed one after the other, by a thread.
    numbers
        Their numbers; windows divide them evenly.
    labels
        The network's label of each class to localize. One is independent of the others.
    network
        Softmax outputs of images; called with a few frames at a time, by several threads.
    settings
        The section `colocalization`.
    seed
        Of the colour mixtures' start, which is the same in every window.
    threads
        Frames that are worked on at the same time. Results do not depend on it.
    superpixels
        Labels ``(H, W)`` of the frames' superpixels, at the size to which they are reduced;
        consumed one after the other. None: SLIC's are computed.
    on_cpu
        Whether the network computes on the CPU.

    Yields
    ------
    Localized
        For each frame in turn, one for each class.
    """
    windows = read_windows(frames, numbers, labels, settings, superpixels)
    with Localizer(network, settings, seed, threads, on_cpu) as localizer:
        for _, found in localizer.each((None, window) for window in windows):
            if isinstance(found, DataError):
                raise found
            yield from found

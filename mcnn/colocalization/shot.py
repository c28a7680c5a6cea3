"""Localization of the objects of a shot: from frames to boxes, a window of frames in memory."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from mcnn.artefacts.localized import Localized
from mcnn.colocalization.segment import Images, Masks, ObjectSegmentation
from mcnn.config.colocalization import Colocalization
from mcnn.imaging.boxes import box_of, largest_component, scale_box
from mcnn.imaging.opencv import single_threaded_opencv
from mcnn.imaging.resize import reduce_frame
from mcnn.imaging.slic import segment_superpixels
from mcnn.labels.arrays import Network

BATCH = 4
"""Frames that the network sees at a time."""


def localize_shot(
    frames: Iterable[NDArray[np.uint8]],
    numbers: Sequence[int],
    labels: Mapping[str, int],
    network: Network,
    settings: Colocalization,
    seed: int = 0,
    threads: int = 1,
    superpixels: Iterable[NDArray[np.int32]] | None = None,
) -> Iterator[Localized]:
    """Localize the objects of a shot.

    Parameters
    ----------
    frames
        ``(H, W, 3)`` uint8 RGB, all of one size; consumed one after the other.
    numbers
        Their numbers; windows divide them evenly.
    labels
        The network's label of each class to localize. One is independent of the others.
    network
        Softmax outputs of images; called with a few frames at a time.
    settings
        The section `colocalization`.
    seed
        Of the colour mixtures' start, which is the same in every window.
    threads
        Frames that are segmented at the same time. Results do not depend on it.
    superpixels
        Labels ``(H, W)`` of the frames' superpixels, at the size to which they are reduced;
        consumed one after the other. None: SLIC's are computed.

    Yields
    ------
    Localized
        For each frame in turn, one for each class.
    """
    source = iter(frames)
    n_windows = -(-len(numbers) // settings.window)
    slic = partial(segment_superpixels, number=settings.superpixels)
    given = None if superpixels is None else iter(superpixels)
    with ThreadPoolExecutor(threads) as pool, single_threaded_opencv():
        for part in np.array_split(np.asarray(numbers, int), n_windows):
            reduced, size = [], (0, 0)
            for frame in islice(source, len(part)):
                size = frame.shape[0], frame.shape[1]
                reduced.append(reduce_frame(frame, settings.longer_side))
            images = np.stack(reduced)
            divided = list(pool.map(slic, images) if given is None else islice(given, len(part)))
            chosen = _probabilities(images, [0, *labels.values()], network)
            segmented = {
                tag: _segment(images, chosen[:, [0, k]], divided, settings, seed, pool.map)
                for k, tag in enumerate(labels, 1)
            }
            for t, number in enumerate(part.tolist()):
                for k, tag in enumerate(labels, 1):
                    yield _localized(number, tag, size, segmented[tag][t], chosen[t, k])


def _probabilities(images: Images, labels: Sequence[int], network: Network) -> NDArray[np.float32]:
    """Probabilities ``(T, len(labels), H, W)`` of some of the labels."""
    chosen = np.empty((len(images), len(labels), *images.shape[1:3]), np.float32)
    for start in range(0, len(images), BATCH):
        part = slice(start, start + BATCH)
        chosen[part] = network(images[part])[:, labels]
    return chosen


def _segment(
    images: Images,
    probabilities: NDArray[np.float32],
    superpixels: Sequence[NDArray[np.int32]],
    settings: Colocalization,
    seed: int,
    each: Callable[..., Iterator[Masks]],
) -> list[Masks]:
    rng = np.random.default_rng(seed)
    segment = ObjectSegmentation(images, probabilities, settings, rng)
    return list(each(segment, range(len(images)), superpixels))


def _localized(
    number: int, tag: str, size: tuple[int, int], mask: Masks, probability: NDArray[np.float32]
) -> Localized:
    component = largest_component(mask)
    box = box_of(component)
    if box is None:
        return Localized(number, tag, size, None, float("nan"), mask)
    score = float(probability[component].mean())
    height, width = mask.shape
    return Localized(number, tag, size, scale_box(box, (height, width), size), score, mask)

"""Windows of the frames of shots: the network and the segmentation work on several at a time."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from mcnn.ahead import Pool, read_ahead
from mcnn.artefacts.localized import Localized
from mcnn.colocalization.segment import Images, Masks, ObjectSegmentation, Probabilities
from mcnn.config.colocalization import Colocalization
from mcnn.errors import DataError
from mcnn.imaging.boxes import box_of, largest_component, scale_box
from mcnn.imaging.opencv import single_threaded_opencv
from mcnn.imaging.resize import reduce_frame
from mcnn.imaging.slic import segment_superpixels
from mcnn.labels.arrays import Network
from mcnn.networks.threads import single_threaded

BATCH = 4
"""Frames that the network sees at a time."""

Superpixels = NDArray[np.int32]
Key = TypeVar("Key")
R = TypeVar("R")


class Window(NamedTuple):
    """Frames of a shot that share their colours.

    Attributes
    ----------
    numbers
        Of the frames.
    images
        ``(T, H, W, 3)`` uint8 RGB, reduced.
    size
        Height and width before.
    superpixels
        Labels ``(H, W)`` of each frame; None: they are to be computed.
    labels
        The network's label of each class to localize.
    """

    numbers: list[int]
    images: Images
    size: tuple[int, int]
    superpixels: list[Superpixels] | None
    labels: Mapping[str, int]


def read_windows(
    frames: Iterable[NDArray[np.uint8]],
    numbers: Sequence[int],
    labels: Mapping[str, int],
    settings: Colocalization,
    superpixels: Iterable[Superpixels] | None = None,
) -> Iterator[Window | DataError]:
    """Divide the frames of a shot evenly; an error of reading is the last of what is yielded.

    Parameters
    ----------
    frames
        ``(H, W, 3)`` uint8 RGB, all of one size; consumed one after the other.
    numbers
        Their numbers.
    labels
        The network's label of each class to localize.
    settings
        The section `colocalization`.
    superpixels
        Labels ``(H, W)`` at the size to which the frames are reduced; consumed one after the other.
    """
    source = iter(frames)
    given = None if superpixels is None else iter(superpixels)
    try:
        for part in np.array_split(np.asarray(numbers, int), -(-len(numbers) // settings.window)):
            reduced, size = [], (0, 0)
            for frame in islice(source, len(part)):
                size = frame.shape[0], frame.shape[1]
                reduced.append(reduce_frame(frame, settings.longer_side))
            divided = None if given is None else list(islice(given, len(part)))
            yield Window(part.tolist(), np.stack(reduced), size, divided, labels)
    except DataError as error:
        yield error


class Localizer:
    """Threads that localize windows, in a block that they end with.

    Parameters
    ----------
    network
        Softmax outputs of images; called with a few frames at a time.
    settings
        The section `colocalization`.
    seed
        Of the colour mixtures' start, which is the same in every window.
    threads
        Frames that are worked on at the same time. Results do not depend on it.
    on_cpu
        Whether the network computes on the CPU; the threads share in its work then. Otherwise a
        thread of its own waits for it.
    """

    def __init__(
        self, network: Network, settings: Colocalization, seed: int, threads: int, on_cpu: bool
    ) -> None:
        self._network, self._settings, self._seed = network, settings, seed
        self._on_cpu = on_cpu
        self._frames = Pool(threads)
        self._looks = self._frames if on_cpu else Pool(1)
        self._reader = Pool(1)
        # They wait for the others, and do not work themselves.
        self._windows = ThreadPoolExecutor(threads + 1)
        self._block = ExitStack()

    def __enter__(self) -> "Localizer":
        enter = self._block.enter_context
        enter(single_threaded())
        enter(single_threaded_opencv())
        self._block.callback(self._windows.shutdown)
        for pool in (self._frames, self._looks, self._reader):
            enter(pool)
        # First of all, so that no window asks the others for more.
        self._block.callback(self._windows.shutdown, wait=False, cancel_futures=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._block.close()

    def each(
        self, windows: Iterator[tuple[Key, Window | DataError]]
    ) -> Iterator[tuple[Key, list[Localized] | DataError]]:
        """What is found in each window: of each frame in turn, one for each class.

        Windows are taken by a thread, as many ahead of the one that is asked for as have the frames
        of a whole one.

        Parameters
        ----------
        windows
            With whatever they are to be known by. Errors are passed on in their places.
        """
        waiting: deque[tuple[Key, int, Future[list[Localized] | DataError]]] = deque()
        for key, window in read_ahead(windows, self._reader, 1):
            count = 0 if isinstance(window, DataError) else len(window.numbers)
            looks = self._looked_at(window)
            waiting.append((key, count, self._windows.submit(self._localize, window, looks)))
            while sum(count for _, count, _ in islice(waiting, 1, None)) >= self._settings.window:
                key, _, future = waiting.popleft()
                yield key, future.result()
        for key, _, future in waiting:
            yield key, future.result()

    def _looked_at(self, window: Window | DataError) -> "list[Future[Probabilities]]":
        """What the network will have seen, in the order in which frames are asked for."""
        if isinstance(window, DataError):
            return []
        look = partial(self._look, window.images, [0, *window.labels.values()])
        return [self._looks.submit(look, k) for k in range(0, len(window.images), BATCH)]

    def _localize(
        self, window: Window | DataError, looks: "list[Future[Probabilities]]"
    ) -> list[Localized] | DataError:
        if isinstance(window, DataError):
            return window
        numbers, images, size, superpixels, labels = window
        if superpixels is None:
            slic = partial(segment_superpixels, number=self._settings.superpixels)
            superpixels = _each(self._frames, slic, images)
        chosen = np.concatenate([each.result() for each in looks])
        found = []
        for k, tag in enumerate(labels, 1):
            segment = self._frames.submit(self._segmentation, images, chosen[:, [0, k]]).result()
            masks = _each(self._frames, segment, range(len(images)), superpixels)
            rows = zip(numbers, masks, chosen[:, k], strict=True)
            found.append([_localized(number, tag, size, *rest) for number, *rest in rows])
        return [each for of_frame in zip(*found, strict=True) for each in of_frame]

    def _look(self, images: Images, labels: Sequence[int], start: int) -> Probabilities:
        """Probabilities ``(T, len(labels), H, W)`` of some of the labels in a batch of frames."""
        return self._network(images[start : start + BATCH])[:, labels]

    def _segmentation(self, images: Images, probabilities: Probabilities) -> ObjectSegmentation:
        rng = np.random.default_rng(self._seed)
        return ObjectSegmentation(images, probabilities, self._settings, rng)


def _each(pool: Pool, work: Callable[..., R], *arguments: Iterable[Any]) -> list[R]:
    futures = [pool.submit(work, *each) for each in zip(*arguments, strict=True)]
    return [future.result() for future in futures]


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

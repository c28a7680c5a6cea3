"""Images that pass a network while others are decoded and what was found before is made use of."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import chain
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from mcnn.ahead import Pool
from mcnn.errors import DataError
from mcnn.imaging.opencv import single_threaded_opencv
from mcnn.networks.threads import single_threaded

BATCH_PIXELS = 2_000_000
"""Pixels of the images of one size that a network looks at together on an accelerator."""

Images = NDArray[np.uint8]
Item = TypeVar("Item")
Given = TypeVar("Given")
Result = TypeVar("Result")


class Stream:
    """Threads for images, in a block that they end with.

    Each operation of torch and OpenCV runs in one thread of the CPU, so that results do not depend
    on their number. Without an accelerator each thread has one image. An accelerator looks at
    neighbours of one size together, and one more thread waits for it, so that all others have work
    meanwhile.

    Parameters
    ----------
    device
        Where the network is.
    threads
        Images or batches that are worked on at the same time.
    divided
        Whether operations of torch are divided among its threads all the same, as is faster for a
        single image.

    Attributes
    ----------
    pool
        The threads.
    """

    def __init__(self, device: torch.device, threads: int, *, divided: bool = False) -> None:
        self._device, self._divided = device, divided
        self._on_cpu = device.type == "cpu"
        self.pool = Pool(threads if self._on_cpu else threads + 1)
        self._block = ExitStack()

    def __enter__(self) -> "Stream":
        if not self._divided:
            self._block.enter_context(single_threaded())
        self._block.enter_context(single_threaded_opencv())
        self._block.enter_context(self.pool)
        return self

    def __exit__(self, *_: object) -> None:
        self._block.close()

    def each(
        self,
        items: Iterable[Item],
        read: Callable[[Item], tuple[Images, Given]],
        use: Callable[[Images, Sequence[Given]], Iterable[Result]],
        *,
        alone: bool = False,
    ) -> Iterator[Result]:
        """What is made of each item, in order, at most a few items ahead.

        Parameters
        ----------
        items
            Taken in the thread of the one who asks.
        read
            An image ``(H, W, 3)`` uint8 of an item, and what else is wanted of it; called by the
            threads.
        use
            Results of some images ``(N, H, W, 3)`` with what is wanted of each; called by the
            threads.
        alone
            Whether images come one by one, where most of the work is not the network's.

        Raises
        ------
        DataError
            Of the first item at fault, once all results before it have been passed on.
        """
        for result in self.each_or_error(items, read, use, alone=alone):
            if isinstance(result, DataError):
                raise result
            yield result

    def each_or_error(
        self,
        items: Iterable[Item],
        read: Callable[[Item], tuple[Images, Given]],
        use: Callable[[Images, Sequence[Given]], Iterable[Result]],
        *,
        alone: bool = False,
    ) -> "Iterator[Result | DataError]":
        """As `each`, with the error in the place of an item that could not be read."""

        def decode(item: Item) -> tuple[Images, Given] | DataError:
            try:
                return read(item)
            except DataError as error:
                return error

        def make(batch: "Batch[Given] | DataError") -> "list[Result | DataError]":
            return [batch] if isinstance(batch, DataError) else list(use(*batch))

        most_pixels = 1 if alone or self._on_cpu else BATCH_PIXELS
        batches = in_batches(self.pool.ahead(decode, items), most_pixels)
        return chain.from_iterable(self.pool.ahead(make, batches))


Batch = tuple[Images, list[Given]]


def in_batches(
    decoded: Iterable[tuple[Images, Given] | DataError], most_pixels: int
) -> Iterator[Batch[Given] | DataError]:
    """Neighbours of one size, as many as have so many pixels; errors in their places."""
    images: list[Images] = []
    given: list[Given] = []
    for each in decoded:
        image = None if isinstance(each, DataError) else each[0]
        if images and (image is None or not _fits(image, images, most_pixels)):
            yield np.stack(images), given
            images, given = [], []
        if isinstance(each, DataError):
            yield each
        else:
            images, given = [*images, each[0]], [*given, each[1]]
    if images:
        yield np.stack(images), given


def _fits(image: Images, images: Sequence[Images], most_pixels: int) -> bool:
    full = (1 + len(images)) * image[..., 0].size > most_pixels
    return not full and image.shape == images[0].shape

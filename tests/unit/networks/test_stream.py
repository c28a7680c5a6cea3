import threading
import time

import cv2
import numpy as np
import pytest
import torch

from mcnn.errors import DataError
from mcnn.networks import stream as stream_module
from mcnn.networks.stream import Stream, in_batches

CPU, GPU = torch.device("cpu"), torch.device("cuda")
ERROR = DataError("file", "problem", "remedy")


def image_of(k, size=(1, 4)):
    return np.full((*size, 3), k, np.uint8)


def read(k):
    """An image of the item's number; negative ones are broken."""
    if k < 0:
        raise DataError(f"{k}.png", "problem", "remedy")
    return image_of(k), k


def use(images, given):
    """The number of each item, when its image is of this number too."""
    assert len(images) == len(given)
    for image, k in zip(images, given, strict=True):
        time.sleep(0.01 if k % 3 == 0 else 0)
        assert (image == k).all()
        yield k


@pytest.mark.parametrize(
    ("sizes", "pixels", "expected"),
    [
        ([4, 4, 4, 6, 4], 8, [[0, 1], [2], [3], [4]]),
        ([4, 4, 4, 6, 4], 1, [[0], [1], [2], [3], [4]]),
        ([4, 4, 4, 0, 4], 99, [[0, 1, 2], "error", [4]]),
        ([0, 0], 99, ["error", "error"]),
        ([], 99, []),
    ],
)
def test_batches_are_neighbours_of_one_size_up_to_a_number_of_pixels(sizes, pixels, expected):
    """A size of 0 is a file that does not decode."""
    decoded = [(image_of(k, (1, n)), k) if n else ERROR for k, n in enumerate(sizes)]
    found = list(in_batches(decoded, pixels))
    assert ["error" if batch is ERROR else batch[1] for batch in found] == expected
    for batch in found:
        if batch is not ERROR:
            images, given = batch
            assert images[:, 0, 0, 0].tolist() == given


@pytest.mark.parametrize("device", [CPU, GPU])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_results_are_in_order(device, threads):
    with Stream(device, threads) as stream:
        assert list(stream.each(range(20), read, use)) == list(range(20))
        assert list(stream.each([], read, use)) == []


@pytest.mark.parametrize("device", [CPU, GPU])
@pytest.mark.parametrize("threads", [1, 3])
def test_errors_of_reading_come_in_their_turn(device, threads):
    items = [0, 1, -2, 3, -4, 5]
    with Stream(device, threads) as stream:
        results = list(stream.each_or_error(items, read, use))
        with pytest.raises(DataError, match=r"-2\.png: problem"):
            list(stream.each(items, read, use))
        assert list(stream.each([0, 1], read, use)) == [0, 1]
    names = [each.path if isinstance(each, DataError) else each for each in results]
    assert list(map(str, names)) == ["0", "1", "-2.png", "3", "-4.png", "5"]


def test_results_before_an_error_have_been_passed_on():
    found = []
    with Stream(CPU, 3) as stream, pytest.raises(DataError, match=r"-9\.png"):
        found.extend(stream.each([4, 5, -9, 6], read, use))
    assert found == [4, 5]


def test_an_error_of_use_is_raised_and_what_has_not_begun_is_dropped():
    used = []

    def broken(images, given):
        used.extend(given)
        raise ValueError("the first")

    with Stream(CPU, 2) as stream, pytest.raises(ValueError, match="the first"):
        list(stream.each(range(1000), read, broken))
    assert len(used) < 20


@pytest.mark.parametrize(
    ("device", "alone", "expected"),
    [(CPU, False, [1] * 5), (GPU, False, [2, 2, 1]), (GPU, True, [1] * 5)],
)
def test_accelerators_look_at_several_images_together(device, alone, expected, monkeypatch):
    monkeypatch.setattr(stream_module, "BATCH_PIXELS", 8)
    sizes = []

    def note(images, given):
        sizes.append(len(images))
        return given

    with Stream(device, 1) as stream:
        assert list(stream.each(range(5), read, note, alone=alone)) == list(range(5))
    assert sorted(sizes, reverse=True) == expected


@pytest.fixture
def three_threads():
    before = torch.get_num_threads(), cv2.getNumThreads()
    torch.set_num_threads(3)
    cv2.setNumThreads(3)
    yield
    torch.set_num_threads(before[0])
    cv2.setNumThreads(before[1])


@pytest.mark.parametrize(
    ("device", "divided", "expected"), [(CPU, False, 1), (CPU, True, 3), (GPU, False, 1)]
)
def test_each_image_has_a_thread(three_threads, device, divided, expected):
    def threads_of(images, given):
        return [(torch.get_num_threads(), cv2.getNumThreads())]

    with Stream(device, 2, divided=divided) as stream:
        assert set(stream.each([1, 2, 3], read, threads_of, alone=True)) == {(expected, 1)}
    assert (torch.get_num_threads(), cv2.getNumThreads()) == (3, 3)


@pytest.mark.parametrize(("device", "expected"), [(CPU, 2), (GPU, 3)])
def test_one_more_thread_waits_for_an_accelerator(device, expected):
    # Each waits for the others: one thread fewer would never pass.
    meeting = threading.Barrier(expected, timeout=20)

    def meet(images, given):
        meeting.wait()
        return [threading.get_ident()]

    with Stream(device, 2) as stream:
        results = stream.each(range(expected * 2), read, meet, alone=True)
        assert len(set(results)) == expected


def test_items_are_taken_a_few_ahead():
    taken = []
    with Stream(CPU, 2) as stream:
        results = stream.each((taken.append(k) or k for k in range(1000)), read, use)
        next(results)
        # Two for each thread wait to be decoded, and as many to be used.
        assert len(taken) <= 12

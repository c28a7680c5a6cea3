import threading
import time
from functools import partial

import cv2
import numpy as np
import pytest
import torch
from moving import moving_disc

from mcnn.colocalization import windows as windows_module
from mcnn.colocalization.segment import ObjectSegmentation
from mcnn.colocalization.windows import Localizer, Window, read_windows
from mcnn.config.colocalization import Colocalization
from mcnn.errors import DataError
from mcnn.imaging.boxes import box_of, largest_component
from mcnn.imaging.resize import reduce_frame
from mcnn.imaging.slic import segment_superpixels

SETTINGS = Colocalization(superpixels=150, window=5, longer_side=80)
LABELS = {"disc": 2, "ground": 1}


def colours(images):
    """Likelier of label 2 the redder, of label 1 the greener it is."""
    scores = np.moveaxis(images.astype(np.float32)[..., [2, 1, 0]] / 20, 3, 1)
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def shots():
    """Frames of three shots: 14, of which windows are of 5, 5 and 4, then 1, then 3."""
    frames, _ = moving_disc(18)
    return {"a": frames[:14], "b": frames[14:15], "c": frames[15:]}


def keyed(labels=LABELS, settings=SETTINGS):
    for name, frames in shots().items():
        for window in read_windows(frames, range(len(frames)), labels, settings):
            yield name, window


def one_after_the_other():
    """What a loop finds, without threads."""
    found = []
    for name, frames in shots().items():
        for part in np.array_split(np.arange(len(frames)), -(-len(frames) // 5)):
            images = np.stack([reduce_frame(frames[k], 80) for k in part])
            superpixels = [segment_superpixels(image, 150) for image in images]
            batches = [images[k : k + 4] for k in range(0, len(images), 4)]
            probabilities = np.concatenate([colours(batch) for batch in batches])
            segments = {
                tag: ObjectSegmentation(
                    images, probabilities[:, [0, k]], SETTINGS, np.random.default_rng(3)
                )
                for tag, k in LABELS.items()
            }
            for t, number in enumerate(part.tolist()):
                for tag, k in LABELS.items():
                    mask = segments[tag](t, superpixels[t])
                    component = largest_component(mask)
                    score = float(probabilities[t, k][component].mean())
                    found.append((name, number, tag, mask, box_of(component), score))
    return found


@pytest.fixture
def one_thread_of_opencv():
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(before)


@pytest.mark.parametrize("on_cpu", [True, False])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_what_is_found_is_what_a_loop_finds(threads, on_cpu, one_thread_of_opencv):
    with Localizer(colours, SETTINGS, 3, threads, on_cpu) as localizer:
        found = [(name, item) for name, items in localizer.each(keyed()) for item in items]
    expected = one_after_the_other()
    assert len(found) == len(expected) == 36
    for (name, item), (shot, number, tag, mask, box, score) in zip(found, expected, strict=True):
        assert (name, item.frame, item.tag) == (shot, number, tag)
        np.testing.assert_array_equal(item.mask, mask)
        assert (item.box is None) == (box is None)
        if box is not None:
            assert item.score == score
    assert any(item.box is not None for _, item in found)


def test_windows_divide_frames_evenly_and_superpixels_with_them():
    frames, _ = moving_disc(14)
    given = [np.full((2, 2), k, np.int32) for k in range(14)]
    found = list(read_windows(frames, range(7, 35, 2), LABELS, SETTINGS, iter(given)))
    assert [window.numbers for window in found] == [
        [7, 9, 11, 13, 15],
        [17, 19, 21, 23, 25],
        [27, 29, 31, 33],
    ]
    assert [int(each[0, 0]) for window in found for each in window.superpixels] == [*range(14)]
    for window in found:
        assert window.images.shape[0] == len(window.numbers)
        assert max(window.images.shape[1:3]) <= 80
        assert window.size == frames[0].shape[:2]
        assert window.labels == LABELS


def test_an_error_of_reading_is_the_last_of_a_shot():
    error = DataError("7.png", "problem", "remedy")

    def broken():
        yield from moving_disc(7)[0]
        raise error

    first, last = read_windows(broken(), range(10), LABELS, SETTINGS)
    assert first.numbers == [0, 1, 2, 3, 4]
    assert last is error


def test_errors_are_passed_on_in_their_places():
    error = DataError("7.png", "problem", "remedy")
    windows = list(keyed({"disc": 2}))
    given = [*windows[:1], ("a", error), *windows[3:4]]
    with Localizer(colours, SETTINGS, 0, 2, True) as localizer:
        first, second, third = localizer.each(iter(given))
    assert second == ("a", error)
    assert (first[0], len(first[1])) == ("a", 5)
    assert (third[0], len(third[1])) == ("b", 1)


def singles(count, taken):
    """Windows of one frame."""
    frames, _ = moving_disc(1)
    for k in range(count):
        taken.append(k)
        (window,) = read_windows(frames, [k], {"disc": 2}, SETTINGS)
        yield k, window


@pytest.mark.parametrize("of", ["network", "segmentation"])
def test_windows_of_few_frames_are_worked_on_together(of, monkeypatch):
    # Each waits for the others: one window at a time would never pass.
    meeting = threading.Barrier(3, timeout=20)

    def network(images):
        if of == "network":
            meeting.wait()
        return colours(images)

    class Meeting(ObjectSegmentation):
        def __init__(self, *arguments):
            if of == "segmentation":
                meeting.wait()
            super().__init__(*arguments)

    monkeypatch.setattr(windows_module, "ObjectSegmentation", Meeting)
    with Localizer(network, SETTINGS, 0, 3, True) as localizer:
        found = [key for key, _ in localizer.each(singles(6, []))]
    assert found == [*range(6)]


def test_as_many_frames_as_a_window_has_are_ahead():
    taken = []
    with Localizer(colours, SETTINGS, 0, 2, True) as localizer:
        next(localizer.each(singles(50, taken)))
        time.sleep(0.2)
        # The first, five ahead, and those that are being read.
        assert len(taken) <= 9


def test_a_network_elsewhere_works_while_the_only_thread_does(monkeypatch):
    """The first window's segmentation waits for the network to have seen the second, and that is
    not read before."""
    seen = []
    first, second = threading.Event(), threading.Event()

    def windows():
        for key, window in singles(3, []):
            assert key == 0 or first.wait(20)
            yield key, window

    def network(images):
        seen.append(len(images))
        if len(seen) > 1:
            second.set()
        return colours(images)

    class Patient(ObjectSegmentation):
        def __init__(self, *arguments):
            first.set()
            assert second.wait(20)
            super().__init__(*arguments)

    monkeypatch.setattr(windows_module, "ObjectSegmentation", Patient)
    with Localizer(network, SETTINGS, 0, 1, False) as localizer:
        assert len(list(localizer.each(windows()))) == 3


@pytest.mark.parametrize("on_cpu", [True, False])
def test_each_operation_has_a_thread(on_cpu):
    before, seen = torch.get_num_threads(), set()

    def network(images):
        seen.add((torch.get_num_threads(), cv2.getNumThreads()))
        return colours(images)

    torch.set_num_threads(3)
    try:
        with Localizer(network, SETTINGS, 0, 2, on_cpu) as localizer:
            list(localizer.each(singles(2, [])))
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
    assert seen == {(1, 1)}


def test_nobody_works_once_it_has_ended():
    before, done = threading.active_count(), []

    def network(images):
        time.sleep(0.02)
        done.append(len(images))
        return colours(images)

    def interrupted():
        with Localizer(network, SETTINGS, 0, 2, True) as localizer:
            next(localizer.each(keyed({"disc": 2})))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert threading.active_count() == before
    count = len(done)
    time.sleep(0.1)
    assert len(done) == count


def test_a_shot_without_known_tags_finds_nothing():
    windows = partial(Window, [0], moving_disc(1)[0][0][None], (9, 9), None)
    with Localizer(colours, SETTINGS, 0, 1, True) as localizer:
        assert list(localizer.each(iter([("a", windows({}))]))) == [("a", [])]

import cv2
import numpy as np
import pytest
from moving import moving_disc
from scipy import ndimage

from mcnn.colocalization.segment import ObjectSegmentation
from mcnn.colocalization.shot import localize_shot
from mcnn.config.colocalization import Colocalization
from mcnn.evaluation.corloc import matches
from mcnn.imaging.boxes import box_of
from mcnn.imaging.resize import reduce_frame
from mcnn.imaging.slic import segment_superpixels

SETTINGS = Colocalization(superpixels=400, window=6)


class Oracle:
    """Is sure of the left half of a red disc and of little else.

    It notes what it is shown, and on how many threads OpenCV works then.
    """

    def __init__(self, certainty=0.9, blind=()):
        self.certainty, self.blind, self.seen, self.cv2_threads = certainty, blind, [], set()

    def __call__(self, images):
        start = sum(map(len, self.seen))
        self.seen.append(images.copy())
        self.cv2_threads.add(cv2.getNumThreads())
        found = np.zeros((len(images), 3, *images.shape[1:3]), np.float32)
        found[:, 2] = min(0.3, self.certainty)
        for k, image in enumerate(images):
            disc = image[..., 0].astype(int) - image[..., 1] > 60
            columns = np.flatnonzero(disc.any(0))
            disc[:, int(columns.mean()) :] = False
            if start + k in self.blind:
                disc[:] = False
            found[k, 2][disc] = self.certainty
        found[:, 0] = 1 - found[:, 1] - found[:, 2]
        return found


def localize(frames, network, numbers=None, settings=SETTINGS, **options):
    numbers = range(len(frames)) if numbers is None else numbers
    return list(localize_shot(iter(frames), numbers, {"disc": 2}, network, settings, **options))


def right(found, masks):
    boxes = np.array([item.box or [np.nan] * 4 for item in found])
    return matches(boxes, np.array([box_of(mask) for mask in masks]))


def test_colours_complete_what_the_network_sees_in_part():
    frames, masks = moving_disc(14)
    found = localize(frames, Oracle(), numbers=range(7, 35, 2))
    assert [item.frame for item in found] == list(range(7, 35, 2))
    assert right(found, masks).all()
    # Half of the disc's box would be no match.
    assert all(item.mask.sum() > 0.8 * mask.sum() for item, mask in zip(found, masks, strict=True))
    assert {item.tag for item in found} == {"disc"}
    assert all(0.3 < item.score < 0.9 for item in found)


@pytest.mark.parametrize(("window", "boxes"), [(12, 12), (6, 6)])
def test_a_frame_in_which_the_network_is_blind_borrows_the_colours_of_its_window(window, boxes):
    frames, masks = moving_disc(12)
    settings = Colocalization(superpixels=400, window=window)
    found = localize(frames, Oracle(blind=range(6, 12)), settings=settings)
    assert right(found, masks).tolist() == [k < boxes for k in range(12)]


def test_nothing_is_found_where_nothing_is_likely():
    frames, _ = moving_disc(4)
    found = localize(frames, Oracle(certainty=0.1))
    assert [item.box for item in found] == [None] * 4
    assert all(np.isnan(item.score) and not item.mask.any() for item in found)


def blobs(shift):
    """A red square and a smaller one, a green square, on noisy grey of 90 x 140 pixels."""
    frame = np.random.default_rng(shift).normal(100, 5, (90, 140, 3))
    frame[20:52, 10 + shift : 44 + shift] += [90, -60, -60]
    frame[70:82, 30:42] += [90, -60, -60]
    frame[30:60, 80:120] += [-60, 90, -60]
    return frame.clip(0, 255).astype(np.uint8)


def colours(images):
    """Probabilities of background, green, nothing and red; less for what is in the lower half."""
    images = images.astype(float)
    red, green = (images[..., k] - images[..., 1 - k] > 60 for k in (0, 1))
    height, width = images.shape[1:3]
    sure = np.linspace(0.9, 0.7, height)[:, None] * np.ones(width)
    likely = np.stack([green * sure, 0 * red, red * sure], 1)
    return np.concatenate([1 - likely.sum(1, keepdims=True), likely], 1).astype(np.float32)


def test_box_and_score_are_of_the_largest_component_in_pixels_of_the_frame():
    frames = [blobs(shift) for shift in (0, 4, 9)]
    reduced = np.stack([reduce_frame(frame, 64) for frame in frames])
    assert reduced.shape == (3, 41, 64, 3)
    settings = Colocalization(superpixels=100, longer_side=64)
    labels = {"red": 3, "green": 1}
    found = list(localize_shot(iter(frames), [5, 6, 9], labels, colours, settings))
    assert [(item.frame, item.tag) for item in found] == [
        (number, tag) for number in (5, 6, 9) for tag in labels
    ]
    for k, item in enumerate(found):
        image, label = reduced[k // 2], labels[item.tag]
        parts, count = ndimage.label(item.mask, np.ones((3, 3)))
        assert count == (2 if item.tag == "red" else 1)
        part = parts == 1 + np.bincount(parts.ravel())[1:].argmax()
        rows, columns = np.nonzero(part)
        box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        assert item.box == pytest.approx(np.multiply(box, [140 / 64, 90 / 41] * 2))
        assert item.size == (90, 140)
        assert item.score == pytest.approx(colours(image[None])[0, label][part].mean(), rel=1e-5)
        superpixels = segment_superpixels(image, 100)
        inside = np.bincount(superpixels.ravel(), item.mask.ravel())
        assert set(inside / np.bincount(superpixels.ravel())) == {0.0, 1.0}
        left = [10, 14, 19][k // 2] if item.tag == "red" else 80
        true = (left, 20, left + 34, 52) if item.tag == "red" else (80, 30, 120, 60)
        assert matches(np.array([item.box]), np.array([true], float), threshold=0.75).all()


def test_frames_are_taken_a_few_windows_ahead_and_shown_in_batches():
    frames, _ = moving_disc(29)
    taken = []

    def counted():
        for frame in frames:
            taken.append(len(taken))
            yield frame

    oracle, before = Oracle(), cv2.getNumThreads()
    found = localize_shot(counted(), range(29), {"disc": 2}, oracle, SETTINGS)
    next(found)
    # Five windows, all but the last of 6 frames: one, one ahead, and one that is being read.
    assert len(taken) <= 18
    assert len(list(found)) == 28
    # And batches of four.
    assert list(map(len, oracle.seen)) == [4, 2, 4, 2, 4, 2, 4, 2, 4, 1]
    np.testing.assert_array_equal(np.concatenate(oracle.seen), frames)
    assert (oracle.cv2_threads, cv2.getNumThreads()) == ({1}, before)


def test_threads_do_not_change_the_result():
    frames, _ = moving_disc(8)
    one, two = (localize(frames, Oracle(), threads=threads) for threads in (1, 2))
    for first, second in zip(one, two, strict=True):
        assert first.box == second.box
        np.testing.assert_array_equal(first.mask, second.mask)


def test_classes_are_independent():
    frames, _ = moving_disc(4)
    alone = localize(frames, Oracle())
    both = localize_shot(iter(frames), range(4), {"cat": 1, "disc": 2}, Oracle(), SETTINGS)
    both = list(both)
    assert [item.tag for item in both] == ["cat", "disc"] * 4
    assert [item.box for item in both[1::2]] == [item.box for item in alone]
    assert [item.box for item in both[::2]] == [None] * 4


def doubtful(images):
    """Knows nothing but that the left is likelier to be of the last label."""
    likely = np.broadcast_to(np.linspace(0.6, 0.4, images.shape[2]), images.shape[:3])
    return np.stack([0.6 * (1 - likely), 0.4 * (1 - likely), likely], 1).astype(np.float32)


def test_every_window_starts_from_the_seed():
    noise = np.random.default_rng(0).integers(0, 256, (40, 60, 3)).astype(np.uint8)
    settings = Colocalization.model_validate({"superpixels": 100, "window": 1, "lambda": 0.1})

    def masks(seed):
        found = localize_shot(iter([noise] * 3), range(3), {"x": 2}, doubtful, settings, seed)
        return np.stack([item.mask for item in found])

    found = [masks(seed) for seed in range(3)]
    for seed in range(3):
        images, rng = noise[None], np.random.default_rng(seed)
        probabilities = doubtful(images)[:, [0, 2]]
        segment = ObjectSegmentation(images, probabilities, settings, rng)
        alone = segment(0, segment_superpixels(noise, 100))
        np.testing.assert_array_equal(found[seed], np.stack([alone] * 3))
    assert (found[0] != found[1]).any()
    assert (found[1] != found[2]).any()

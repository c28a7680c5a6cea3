import numpy as np
import pytest

from mcnn.export.objects import find_objects, outline


def blobs(seed, size=(60, 80)):
    """A random label map of round regions with holes."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: size[0], : size[1]]
    labels = np.zeros(size, np.uint8)
    for k in range(12):
        row, column, radius = (
            rng.integers(0, size[0]),
            rng.integers(0, size[1]),
            rng.integers(2, 14),
        )
        labels[(y - row) ** 2 + (x - column) ** 2 < radius**2] = k % 3
    return labels


def filled(polygon, size):
    """Pixels whose centres a polygon encloses, by the even-odd rule."""
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    inside = np.zeros(size, int)
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, 0), strict=True):
        if y0 != y1:
            crossed = (np.minimum(y0, y1) <= y) & (y < np.maximum(y0, y1))
            inside += crossed & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return inside % 2 == 1


@pytest.mark.parametrize("seed", range(4))
def test_objects_make_up_the_labels(seed):
    labels = blobs(seed)
    again = np.zeros_like(labels)
    for found in find_objects(labels):
        place = found.in_image(labels.shape)
        assert not again[place].any()
        again[place] = found.label
    np.testing.assert_array_equal(again, labels)


def test_regions_of_a_label_are_objects_of_their_own():
    labels = np.zeros((5, 9), np.uint8)
    labels[0:2, 0:3] = 2
    labels[2, 3] = 2  # Touches a corner.
    labels[4, 8] = 2
    labels[0, 5:7] = 1
    found = [(o.label, o.x, o.y, int(o.mask.sum())) for o in find_objects(labels)]
    assert found == [(1, 5, 0, 2), (2, 0, 0, 7), (2, 8, 4, 1)]
    assert [o.label for o in find_objects(labels, min_pixels=2)] == [1, 2]
    assert [int(o.mask.sum()) for o in find_objects(labels, min_pixels=3)] == [7]


@pytest.mark.parametrize("seed", range(4))
def test_an_outline_encloses_the_pixels_of_its_object_and_no_others(seed):
    labels = blobs(seed)
    labels[30, 30], labels[31, 31] = 1, 1
    for found in find_objects(labels):
        mask = filled(outline(found, 0), labels.shape)
        np.testing.assert_array_equal(mask, found.in_image(labels.shape))


def test_a_ring_keeps_its_hole():
    labels = np.ones((9, 9), np.uint8)
    labels[3:6, 3:6] = 0
    labels[0] = 0
    (ring,) = find_objects(labels)
    for tolerance in (0, 0.5):
        np.testing.assert_array_equal(filled(outline(ring, tolerance), (9, 9)), labels == 1)


def test_a_tolerance_leaves_corners_out():
    y, x = np.mgrid[:80, :80]
    (disc,) = find_objects(((y - 40) ** 2 + (x - 40) ** 2 < 30**2).astype(np.uint8))
    exact, rough = outline(disc, 0), outline(disc, 1)
    assert len(rough) < len(exact) / 4
    mask, found = filled(rough, (80, 80)), disc.in_image((80, 80))
    assert (mask & found).sum() / (mask | found).sum() > 0.95
    edge = np.hypot(*(rough - (40.5, 40.5)).T)
    assert np.abs(edge - 30).max() < 1.5

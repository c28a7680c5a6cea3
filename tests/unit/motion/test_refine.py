import cv2
import numpy as np
import pytest

from mcnn.motion.refine import refine_masks

SIZE = (120, 160)
OBJECT, GROUND = (190, 80, 60), (70, 120, 80)


def scene(truth, noise=8, seed=0):
    image = np.where(truth[..., None], OBJECT, GROUND)
    image = image + np.random.default_rng(seed).normal(0, noise, (*SIZE, 3))
    return image.clip(0, 255).astype(np.uint8)


def disc(radius, centre=(80, 60)):
    mask = np.zeros(SIZE, np.uint8)
    cv2.circle(mask, centre, radius, 1, -1)
    return mask.astype(bool)


def jaccard(a, b):
    return (a & b).sum() / (a | b).sum()


def test_boundaries_move_to_where_the_colours_change():
    truth = disc(30)
    for rough in (disc(26), disc(34), disc(30, (83, 62))):
        (found,) = refine_masks([scene(truth)], [rough])
        assert found.dtype == bool
        assert jaccard(found, truth) > 0.97 > jaccard(rough, truth)


@pytest.mark.parametrize("missing", [8, 12])
def test_nothing_grows_beyond_the_band(missing):
    """A bar of which an end is missing: its colour and its edges go on."""
    truth, rough = np.zeros(SIZE, bool), np.zeros(SIZE, bool)
    truth[55:65, 30:100] = rough[55:65, 30 : 100 - missing] = True
    (found,) = refine_masks([scene(truth)], [rough])
    assert np.flatnonzero(found.any(0))[-1] + 1 == 100 - missing + 6


def test_empty_and_full_masks_stay():
    image = scene(disc(30))
    masks = [np.zeros(SIZE, bool), np.ones(SIZE, bool), disc(28)]
    found = refine_masks([image] * 3, masks)
    assert not found[0].any()
    assert found[1].all()
    assert jaccard(found[2], disc(30)) > 0.97


def test_colours_of_near_frames_count_and_those_of_far_ones_do_not():
    """Object and ground change colours; single edges say little in so much noise."""
    truth, rough = disc(30), disc(27)
    images = [scene(truth, noise=40, seed=t) for t in range(48)]
    other = [scene(~truth, noise=40, seed=t) for t in range(48)]
    found = refine_masks(images + other, [rough] * 96)
    assert min(jaccard(mask, truth) for mask in (found[0], found[20], found[75], found[95])) > 0.97


@pytest.mark.parametrize("other", [np.zeros(SIZE, bool), np.ones(SIZE, bool)])
def test_colours_of_frames_without_a_boundary_do_not_count(other):
    truth, rough = disc(30), disc(27)
    image = scene(truth, noise=40)
    (alone,) = refine_masks([image], [rough])
    *_, among_others = refine_masks([image] * 8, [other] * 7 + [rough])
    np.testing.assert_array_equal(among_others, alone)


def test_masks_at_the_edge_of_the_frame():
    truth, rough = disc(30, (0, 60)), disc(27, (2, 60))
    (found,) = refine_masks([scene(truth)], [rough])
    assert jaccard(found, truth) > 0.96

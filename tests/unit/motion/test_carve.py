import numpy as np
import pytest

from mcnn.motion import refine
from mcnn.motion.carve import carve
from mcnn.motion.refine import refine_masks
from mcnn.motion.ring_colours import bins

SIZE = (90, 120)
BODY, GROUND = (40, 35, 40), (150, 145, 140)
WHOLE = np.s_[20:80, 30:90]
GAP = np.s_[50:80, 50:70]
"""Between the legs: a sixth of the whole."""


def mask_of(*parts):
    mask = np.zeros(SIZE, bool)
    for part in parts:
        mask[part] = True
    return mask


def scene(gap=GROUND, part=GAP, noise=0, seed=0):
    image = np.full((*SIZE, 3), GROUND, np.uint8)
    image[WHOLE], image[part] = BODY, gap
    noisy = image + np.random.default_rng(seed).normal(0, noise, image.shape)
    return noisy.clip(0, 255).astype(np.uint8)


def foreign(*colours):
    found = np.zeros(32**3, bool)
    found[bins(np.array([colours], np.uint8))] = True
    return found


def carved(image, mask, *colours):
    return carve(image, mask, bins(image), foreign(*colours))


def test_a_part_with_the_colours_around_and_none_beside_it_is_taken_out():
    mask = mask_of(WHOLE)
    before = mask.copy()
    np.testing.assert_array_equal(carved(scene(), mask, GROUND), mask & ~mask_of(GAP))
    np.testing.assert_array_equal(mask, before)


def test_several_parts_are_taken_out():
    left, right = np.s_[25:40, 32:52], np.s_[60:75, 60:80]
    image = scene(part=left)
    image[right] = GROUND
    mask = mask_of(WHOLE)
    np.testing.assert_array_equal(carved(image, mask, GROUND), mask & ~mask_of(left, right))


@pytest.mark.parametrize("across", [np.s_[45:55, 30:90], np.s_[20:80, 55:65]])
def test_a_part_may_lie_across_the_mask(across):
    mask = mask_of(WHOLE)
    found = carved(scene(part=across), mask, GROUND)
    np.testing.assert_array_equal(found, mask & ~mask_of(across))


def test_nothing_outside_the_mask_is_touched():
    mask = mask_of(np.s_[20:80, 30:60])
    expected = mask & ~mask_of(GAP)
    np.testing.assert_array_equal(carved(scene(), mask, GROUND), expected)


@pytest.mark.parametrize(
    ("gap", "taken"), [((105, 100, 105), False), ((115, 110, 115), True), ((45, 40, 45), False)]
)
def test_a_part_that_looks_like_what_is_beside_it_stays(gap, taken):
    # 65 and 75 levels in each channel are a distance of 113 and of 130.
    mask = mask_of(WHOLE)
    assert (carved(scene(gap), mask, gap) is not mask) == taken


@pytest.mark.parametrize(("height", "taken"), [(8, False), (10, True)])
def test_a_small_part_stays(height, taken):
    part = np.s_[50 : 50 + height, 50:69]
    mask = mask_of(WHOLE)  # 5 % of it are 180 pixels.
    assert (carved(scene(part=part), mask, GROUND) is not mask) == taken


def test_colours_of_the_object_stay():
    mask = mask_of(WHOLE)
    assert carved(scene(), mask, (250, 0, 0)) is mask
    assert carved(scene(BODY), mask, GROUND) is mask


def test_single_pixels_do_not_join_parts():
    image = scene(part=np.s_[50:58, 40:60])
    image[50:58, 62:82] = GROUND
    image[54, 60:62] = GROUND
    mask = mask_of(WHOLE)
    assert carved(image, mask, GROUND) is mask


def test_a_mask_without_anything_beside_the_part_stays():
    mask = mask_of(GAP)
    assert carved(scene(), mask, GROUND) is mask


def test_parts_are_judged_one_by_one():
    image = scene(part=np.s_[25:40, 35:55])
    image[60:78, 60:80] = (105, 100, 105)
    mask = mask_of(WHOLE)
    found = carved(image, mask, GROUND, (105, 100, 105))
    np.testing.assert_array_equal(found, mask & ~mask_of(np.s_[25:40, 35:55]))


def test_refinement_looks_at_colours_of_all_frames():
    """The gap has the ground's colour, which a single frame says as often inside as around."""
    images = [scene(noise=6, seed=t) for t in range(30)]
    truth, whole = mask_of(WHOLE) & ~mask_of(GAP), mask_of(WHOLE)
    for rough in (whole, mask_of(np.s_[18:82, 28:92])):
        for found in refine_masks(images, [rough] * 30):
            assert (found & truth).sum() / (found | truth).sum() > 0.97


def test_what_is_taken_out_does_not_count_for_the_colours_of_the_object(monkeypatch):
    images, seen = [scene(noise=6, seed=t) for t in range(8)], []
    ratios = refine._colour_ratios
    monkeypatch.setattr(
        refine, "_colour_ratios", lambda counted: seen.extend(counted) or ratios(counted)
    )
    refine_masks(images, [mask_of(WHOLE)] * 8)
    ground = bins(np.array([[GROUND]], np.uint8))[0, 0]
    assert len(seen) == 8
    assert all(inside[ground] == 0 < around[ground] for inside, around in seen)


def test_where_nothing_would_be_left_the_mask_stays():
    image = np.full((*SIZE, 3), GROUND, np.uint8)
    left, right = np.s_[20:80, 30:60], np.s_[20:80, 60:90]
    image[left], image[right] = (20, 20, 20), (230, 230, 230)
    image[:20], image[80:] = (20, 20, 20), (230, 230, 230)  # Around, both are frequent.
    (found,) = refine_masks([image], [mask_of(WHOLE)])
    assert (found & mask_of(WHOLE)).sum() / mask_of(WHOLE).sum() > 0.3


def test_refinement_without_a_boundary_carves_nothing():
    images = [scene(noise=6, seed=t) for t in range(8)]
    full = np.ones(SIZE, bool)
    found = refine_masks(images, [full, *[mask_of(WHOLE)] * 7])
    assert found[0].all()
    assert not found[1][GAP].any()

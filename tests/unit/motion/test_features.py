"""From the flow of a pair of frames to boundaries, to maps, to ratios of superpixels."""

import numpy as np
import pytest
from scipy.ndimage import median_filter

from mcnn.config.motion import MotionSegmentation
from mcnn.motion.boundaries import boundary_probability, direction_difference, gradient_magnitude
from mcnn.motion.camera import camera_motion
from mcnn.motion.features import compare_frames, inside_map
from mcnn.motion.inside_outside import frame_quality, inside_votes
from mcnn.motion.saliency import motion_saliency
from mcnn.motion.superpixels import describe, link

SIZE = (64, 100)
STILL = {"preset": "fast", "inside_median": 0}


def moving_block(speed=3.0, noise=0.05, seed=0):
    """A block that moves up to the right over ground that trembles, and a spot of another speed."""
    flow = np.random.default_rng(seed).normal(0, noise, (*SIZE, 2))
    flow[22:44, 30:60] += (speed, -speed / 2)
    flow[24:30, 74:80] += (-speed / 3, speed / 3)
    return flow.astype(np.float32)


def map_by_hand(flow, scale, rim, settings):
    """Pixels with more than `settings.votes` votes, smoothed, for one scale of the boundaries."""
    gradient = gradient_magnitude(flow, cross_only=not settings.all_derivatives)
    turn = direction_difference(flow, np.ones(SIZE, bool), settings.folded_directions)
    boundary = np.zeros(SIZE, bool)
    probability = boundary_probability(gradient, turn, scale, settings.direction_scale)
    boundary[rim:-rim, rim:-rim] = probability[rim:-rim, rim:-rim] > 0.5
    inside = inside_votes(boundary) > settings.votes
    side = settings.inside_median
    return median_filter(inside, side, mode="nearest") if side else inside


@pytest.mark.parametrize(
    ("changes", "rim"),
    [
        ({}, 12),
        ({"rim": 0.14}, 14),
        ({"rim": 0.3}, 16),  # A quarter of the shorter side.
        ({"votes": 2, "inside_median": 5}, 12),
        ({"all_derivatives": False, "folded_directions": True, "direction_scale": 3}, 12),
        ({"gradient_quantiles": (0.8, 0.97), "inside_median": 0}, 12),
    ],
)
def test_the_map_is_the_mean_over_scales_that_make_quantiles_of_the_gradient_sure(changes, rim):
    settings = MotionSegmentation(preset="fast", **changes)
    flow = moving_block()
    rest = flow - camera_motion(flow)
    gradient = gradient_magnitude(rest, cross_only=not settings.all_derivatives)
    sure = np.quantile(gradient[rim:-rim:2, rim:-rim:2], settings.gradient_quantiles)
    # The strength 1 - exp(-scale gradient) of a sure boundary is 0.6.
    maps = [map_by_hand(rest, np.log(2.5) / g, rim, settings) for g in sure]
    found, gradient_found = inside_map(rest, settings)
    assert len(np.unique(found)) > 2
    np.testing.assert_allclose(found, np.mean(maps, axis=0), atol=1e-6)
    np.testing.assert_array_equal(gradient_found, gradient)


def test_a_gradient_below_the_floor_makes_no_boundary_sure():
    settings = MotionSegmentation(**STILL, gradient_quantiles=(0.9,), gradient_floor=0.5)
    flow = moving_block(noise=0.01)
    found, _ = inside_map(flow, settings)
    np.testing.assert_array_equal(found, map_by_hand(flow, np.log(2.5) / 0.5, 12, settings))
    lower, _ = inside_map(flow, settings.model_copy(update={"gradient_floor": 0.03}))
    assert (found != lower).any()


@pytest.mark.parametrize(
    ("noise", "speed", "best"), [(0.3, (2, -1), 2), (0.02, (0.6, 0.6), 7), (0.05, (2, -1), None)]
)
def test_without_quantiles_the_map_is_of_one_scale_or_of_the_most_compact_of_eight(
    noise, speed, best
):
    """The search is where area over squared variances is below 0.2."""
    settings = MotionSegmentation(preset="fos-2013")
    flow = np.random.default_rng(0).normal(0, noise, (*SIZE, 2)).astype(np.float32)
    flow[30:37, 46:53] += speed
    published = map_by_hand(flow, 0.7, 12, settings)
    scales = (0.71, 0.81, 0.91, 1.01, 1.11, 1.21, 1.31, 1.41)
    others = [map_by_hand(flow, scale, 12, settings) for scale in scales]
    found, _ = inside_map(flow, settings)
    if best is None:
        assert frame_quality(published) > 0.2
        assert all((other != published).any() for other in others[1:])
        np.testing.assert_array_equal(found, published)
    else:
        assert frame_quality(published) < 0.2
        assert best == np.argmax([frame_quality(other) for other in others])
        np.testing.assert_array_equal(found, others[best])


@pytest.fixture
def couple():
    """Two frames and their superpixels, blocks of 4 and of 5 pixels."""
    rng = np.random.default_rng(0)
    images = tuple(rng.integers(0, 256, (*SIZE, 3)).astype(np.uint8) for _ in range(2))
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    labels = [(y // side * 30 + x // side).astype(np.int32) for side in (4, 5)]
    return images, tuple(map(describe, images, labels))


def means(values, superpixels):
    total = np.bincount(superpixels.labels.ravel(), values.ravel(), len(superpixels.sizes))
    return total / np.maximum(superpixels.sizes, 1)


@pytest.mark.parametrize("cues", ["inside-outside", "saliency"])
@pytest.mark.parametrize("known", [True, False])
def test_ratios_are_of_the_flow_ahead_and_trust_falls_with_its_gradient(couple, cues, known):
    images, superpixels = couple
    ahead = moving_block()
    settings = MotionSegmentation(cues=cues)

    def estimate(first, second):
        assert not known
        assert first is images[0]
        assert second is images[1]
        return ahead

    def ratio(flow):
        rest = flow - camera_motion(flow)
        return motion_saliency(rest) if cues == "saliency" else inside_map(rest, settings)[0]

    found = compare_frames(images, superpixels, estimate, ahead if known else None, settings)
    np.testing.assert_allclose(found.ratio, means(ratio(ahead), superpixels[0]), atol=1e-6)
    rest = ahead - camera_motion(ahead)
    trust = np.exp(-2 * means(gradient_magnitude(rest), superpixels[0]))
    np.testing.assert_allclose(found.quality, trust, rtol=1e-5)
    motion = [means(rest[..., k], superpixels[0]) for k in range(2)]
    np.testing.assert_allclose(found.motion, np.stack(motion, axis=1), atol=1e-5)
    expected = link(ahead, *superpixels)
    for name, value in vars(expected).items():
        np.testing.assert_array_equal(getattr(found.links, name), value)


def test_what_the_camera_does_makes_no_boundary(couple):
    y, x = np.mgrid[: SIZE[0], : SIZE[1]].astype(np.float32)
    flow = np.stack([0.2 * x, 0.2 * y], axis=2)
    for compensate, least, most in ((True, 0.98, 1), (False, 0, 0.7)):
        settings = MotionSegmentation(compensate_camera=compensate)
        quality = compare_frames(*couple, lambda *_: flow, None, settings).quality
        assert (quality[quality < 1] >= least).all()
        assert np.median(quality) <= most


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({"motion_contrast": 0, "short_memory": False}, False),
        ({"motion_contrast": 0}, True),
        ({"short_memory": False}, True),
    ],
)
def test_means_of_the_motion_are_there_for_those_who_need_them(couple, changes, asked):
    settings = MotionSegmentation(**changes)
    found = compare_frames(*couple, lambda *_: moving_block(), None, settings)
    assert (found.motion is not None) == asked

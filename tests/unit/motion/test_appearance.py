import numpy as np
import pytest
from scipy.stats import multivariate_normal

from mcnn.motion.appearance import log_densities, make_palette


def two_colours(frames=4, each=50, seed=0):
    rng = np.random.default_rng(seed)
    red = rng.normal((200, 30, 30), 6, (frames, each, 3))
    blue = rng.normal((30, 30, 200), 6, (frames, each, 3))
    colours = np.clip(np.concatenate([red, blue], axis=1).reshape(-1, 3), 0, 255)
    return make_palette(colours, np.repeat(np.arange(frames), 2 * each))


def is_red(frames=4, each=50):
    return np.tile(np.repeat([True, False], each), frames)


def test_weighted_colours_are_the_likely_ones():
    palette, red = two_colours(), is_red()
    found = log_densities(palette, red.astype(float), 3, 1e-4, 1, np.random.default_rng(0))
    assert found[red].min() > found[~red].max() + 5


def test_stride_changes_little_when_colours_stay():
    palette, red = two_colours(frames=9), is_red(frames=9)
    every = log_densities(palette, red.astype(float), 2, 1e-4, 1, np.random.default_rng(0))
    fourth = log_densities(palette, red.astype(float), 2, 1e-4, 4, np.random.default_rng(0))
    assert np.abs(every - fourth)[red].max() < 1


def test_far_frames_count_less():
    # Red is foreground in the first half, blue in the second.
    palette, red = two_colours(frames=10), is_red(frames=10)
    early = palette.frames < 5
    weight = (red == early).astype(float)
    found = log_densities(palette, weight, 1, decay=1.0, stride=1, rng=np.random.default_rng(0))
    first, last = palette.frames == 0, palette.frames == 9
    assert found[first & red].min() > found[first & ~red].max()
    assert found[last & ~red].min() > found[last & red].max()


@pytest.mark.parametrize(
    ("stride", "fitted"),
    [(1, [0, 1, 2, 3, 4, 5, 6]), (3, [1, 1, 1, 4, 4, 4, 4]), (8, [4] * 7), (20, [0] * 7)],
)
def test_one_gaussian_is_that_of_samples_weighted_by_a_gaussian_of_their_distance(stride, fitted):
    """Those of the nearest frame that has a mixture."""
    palette = two_colours(frames=7, each=20)
    weight = np.random.default_rng(1).random(len(palette.frames))
    rng = np.random.default_rng(0)
    found = log_densities(palette, weight, 1, decay=0.03, stride=stride, rng=rng)
    colours = palette.colours[palette.bins]
    for t, key in enumerate(fitted):
        samples = weight * np.exp(-0.03 * (palette.frames - key) ** 2)
        mean = np.average(colours, axis=0, weights=samples)
        covariance = np.cov(colours.T, aweights=samples, ddof=0) + np.eye(3)
        mine = palette.frames == t
        expected = multivariate_normal(mean, covariance).logpdf(colours[mine])
        np.testing.assert_allclose(found[mine], expected, rtol=1e-4)

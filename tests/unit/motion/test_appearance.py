import numpy as np

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

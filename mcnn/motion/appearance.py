"""Appearance: colour mixtures of foreground and background (Papazoglou & Ferrari, 3.2)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mcnn.config.motion import MotionSegmentation
from mcnn.mixtures.gmm import GaussianMixture, quantise, refine, start
from mcnn.motion.superpixels import Superpixels

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Palette:
    """The superpixels of a shot by colour.

    Parameters
    ----------
    bins
        ``(N,)`` index of each superpixel's colour.
    colours
        ``(B, 3)`` RGB in [0, 255].
    frames
        ``(N,)`` frame of each superpixel, from 0.
    """

    bins: NDArray[np.int32]
    colours: Floats
    frames: NDArray[np.int64]


def make_palette(colours: Floats, frames: NDArray[np.int64]) -> Palette:
    """Histogram of the mean colours ``(N, 3)`` of superpixels in ``(N,)`` frames."""
    image = np.clip(np.rint(colours), 0, 255).astype(np.uint8)
    bins, mean = quantise(image[None, :, None])
    return Palette(bins.ravel(), mean, frames)


def log_densities(
    palette: Palette,
    weight: Floats,
    n_components: int,
    decay: float,
    stride: int,
    rng: np.random.Generator,
) -> Floats:
    """Log density of each superpixel's colour under its frame's mixture.

    Parameters
    ----------
    palette
        The superpixels of T frames.
    weight
        ``(N,)`` weight of each superpixel as a sample, not negative, with a positive sum.
    n_components
        Gaussians of a mixture.
    decay
        Samples dt frames away count ``exp(-decay * dt ** 2)``.
    stride
        A mixture is fitted to every stride-th frame and serves the frames nearest to it.
    rng
        Source of the k-means++ start.

    Returns
    -------
    ndarray, float64, shape (N,)
    """
    count = int(palette.frames.max()) + 1
    n_colours = len(palette.colours)
    code = palette.frames * n_colours + palette.bins
    histogram = np.bincount(code, weight, count * n_colours).reshape(count, n_colours)
    keys = np.arange(stride // 2, count, stride) if count > stride // 2 else np.array([0])
    frames = np.arange(count)
    pooled = np.exp(-decay * (keys[:, None] - frames.astype(float)) ** 2) @ histogram
    nearest = np.abs(frames[:, None] - keys).argmin(1)
    mixture: GaussianMixture | None = None
    table = np.empty((len(keys), n_colours))
    for k, samples in enumerate(pooled):
        if mixture is None:
            mixture = start(palette.colours, samples, n_components, rng)
            mixture = refine(mixture, palette.colours, samples, 10)
        mixture = refine(mixture, palette.colours, samples, 3)
        table[k] = mixture.log_likelihood(palette.colours)
    return np.asarray(table[nearest[palette.frames], palette.bins])


def mixtures(
    frames: Sequence[Superpixels], settings: MotionSegmentation
) -> Callable[[Floats, Floats], list[Floats]]:
    """Mixtures of a run of frames, as a function of what they are fitted to.

    Parameters
    ----------
    frames
        Superpixels of T frames, N in all.
    settings
        Of the mixtures.

    Returns
    -------
    callable
        From two ``(N,)`` weights of the superpixels, as samples of the foreground and of the
        background, to their two ``(N,)`` log densities, see `log_densities`.
    """
    index = np.repeat(np.arange(len(frames)), [len(frame.sizes) for frame in frames])
    palette = make_palette(np.concatenate([frame.colours for frame in frames]), index)
    components = settings.foreground_components, settings.background_components
    rng = np.random.default_rng(0)

    def densities(*weights: Floats) -> list[Floats]:
        return [
            log_densities(
                palette,
                weight,
                n_components,
                settings.appearance_decay,
                settings.appearance_stride,
                rng,
            )
            for weight, n_components in zip(weights, components, strict=True)
        ]

    return densities

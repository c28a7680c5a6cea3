"""What the label estimation is compared with: OpenCV's GrabCut, and the plain way to write it."""

import warnings
from collections.abc import Sequence

import cv2
import maxflow
import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from mcnn.config.labels import Labels
from mcnn.labels.energy import boundary_band

Images = NDArray[np.uint8]
Masks = NDArray[np.bool_]

GRABCUT_ITERATIONS = 4
SAMPLES = 10_000
"""Pixels that a mixture is fitted to; all of a shot's would be 50 times as many."""
STEPS = ((0, 1), (1, 0), (1, 1), (1, -1))


def grab_cut(images: Images, masks: Masks) -> Masks:
    """OpenCV's GrabCut of each frame by itself, started from its mask."""
    return np.stack([_grab_cut(*frame) for frame in zip(images, masks, strict=True)])


def _grab_cut(image: Images, mask: Masks) -> Masks:
    if mask.all() or not mask.any():
        return mask
    labels = np.where(mask, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(image, labels, None, *models, GRABCUT_ITERATIONS, cv2.GC_INIT_WITH_MASK)
    return (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)


def plain_maxflow(
    images: Images,
    masks: Masks,
    settings: Labels,
    rng: np.random.Generator,
    frames: Sequence[int] | None = None,
) -> Masks:
    """The same energy without a network, by scikit-learn's mixtures and PyMaxflow's grid graphs.

    scikit-learn's mixtures take no sample weights. The pixels they are fitted to are drawn from
    the ten frames with probabilities proportional to the weights instead.

    Parameters
    ----------
    frames
        Frames to cut; the others keep their masks. None: all.
    """
    frames = range(len(images)) if frames is None else frames
    colours = images.reshape(len(images), -1, 3).astype(np.float64)
    edges = {t: _edges(images[t], masks[t], settings) for t in frames}
    labels = masks.copy()
    fits: dict[tuple[int, bool], GaussianMixture] = {}
    for _ in range(settings.rounds):
        flat = labels.reshape(len(images), -1)
        for t in frames:
            for side in (False, True):
                if (flat == side).any():
                    before = fits.get((t, side))
                    fits[t, side] = _fit(colours, flat == side, t, settings, side, before, rng)
        for t in frames:
            if (t, False) in fits and (t, True) in fits:
                unary = [-fits[t, side].score_samples(colours[t]) for side in (False, True)]
                labels[t] = _cut(*(cost.reshape(labels[t].shape) for cost in unary), edges[t])
    return labels


def _fit(
    colours: NDArray[np.float64],
    segment: Masks,
    t: int,
    settings: Labels,
    foreground: bool,
    before: GaussianMixture | None,
    rng: np.random.Generator,
) -> GaussianMixture:
    pixels = [np.flatnonzero(inside) for inside in segment]
    mass = np.array([len(p) / (1 + abs(t - k)) for k, p in enumerate(pixels)])
    counts = rng.multinomial(SAMPLES, mass / mass.sum())
    drawn = np.concatenate(
        [colours[k, rng.choice(pixels[k], n)] for k, n in enumerate(counts) if n > 0]
    )
    components = settings.foreground_components if foreground else settings.background_components
    start = {}
    if before is not None:
        start = {
            "weights_init": before.weights_,
            "means_init": before.means_,
            "precisions_init": before.precisions_,
        }
    mixture = GaussianMixture(
        components,
        max_iter=10 if before is None else 1,
        reg_covar=1.0,
        random_state=int(rng.integers(2**31)),
        **start,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return mixture.fit(drawn)


def _edges(image: Images, mask: Masks, settings: Labels) -> list[NDArray[np.float64]]:
    """Weight of the pairs by direction, at the pixel that they start from."""
    band = boundary_band(mask, np.ones_like(mask), settings.band * max(mask.shape))
    colours = np.pad(image.astype(np.float64), ((0, 1), (1, 1), (0, 0)), constant_values=np.nan)
    bands = np.pad(band, ((0, 1), (1, 1)))
    height, width = mask.shape
    squared, distances, smooth = [], [], []
    for down, right in STEPS:
        there = np.s_[down : down + height, 1 + right : 1 + right + width]
        squared.append(((image - colours[there]) ** 2).sum(2))
        distances.append(np.hypot(down, right))
        smooth.append(~(band & bands[there]))
    pairs = zip(squared, distances, strict=True)
    mean = np.nanmean([difference / distance for difference, distance in pairs])
    scale = settings.gamma / mean if mean > 0 else 0.0
    return [
        np.nan_to_num(settings.lambda_ * np.exp(-scale * difference) / distance) * free
        for difference, distance, free in zip(squared, distances, smooth, strict=True)
    ]


def _cut(
    background: NDArray[np.float64],
    foreground: NDArray[np.float64],
    edges: Sequence[NDArray[np.float64]],
) -> Masks:
    graph = maxflow.Graph[float]()
    nodes = graph.add_grid_nodes(background.shape)
    for (down, right), weights in zip(STEPS, edges, strict=True):
        structure = np.zeros((3, 3))
        structure[1 + down, 1 + right] = 1
        graph.add_grid_edges(nodes, weights, structure, symmetric=True)
    # Colours may be likelier than 1; only the difference of the two costs matters.
    least = np.minimum(background, foreground)
    graph.add_grid_tedges(nodes, foreground - least, background - least)
    graph.maxflow()
    return graph.get_grid_segments(nodes)

"""Latent labels of the frames of one shot, at the frames' own size."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from mcnn.config.labels import Labels
from mcnn.labels.arrays import Bools, Images, Network, PredictorInput
from mcnn.labels.predictors import build_predictor


def label_shot(
    images: Images,
    masks: Bools,
    tags: Sequence[int],
    network: Network | None = None,
    settings: Labels | None = None,
    *,
    alpha: float = 1.0,
    longer_side: int = 480,
    seed: int = 0,
    threads: int = 1,
) -> tuple[NDArray[np.uint8], NDArray[np.float32] | None]:
    """Infer the latent labels of the sampled frames of a shot (paper, section 3.3).

    Parameters
    ----------
    images
        ``(T, H, W, 3)`` uint8, RGB.
    masks
        ``(T, H, W)`` bool, motion masks.
    tags
        Labels that may occur beside the background; just one where there is no network, because
        nothing else tells them apart.
    network
        Called with one frame at a time; None leaves its term out of the energy.
    settings
        The section `labels`; None: its defaults.
    alpha
        Weight of the network.
    longer_side
        Of the frames while they are labelled, in pixels; smaller frames are not enlarged.
    seed
        Of the random start of the colour mixtures.
    threads
        Frames that are worked on at the same time.

    Returns
    -------
    labels
        ``(T, H, W)`` uint8, 0 or one of `tags`.
    foreground
        ``(T, h, w)``, the network's probability of the tags at the size of the labelling, or None.

    Raises
    ------
    ValueError
        If there are several tags and no network.
    """
    if network is None and len(tags) > 1:
        raise ValueError("several tags are told apart by a network only")
    height, width = masks.shape[1:]
    scale = min(1.0, longer_side / max(height, width))
    size = (max(1, round(scale * width)), max(1, round(scale * height)))
    frames = np.stack([cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in images])
    motion = np.stack([_resized(mask.astype(np.uint8), size) for mask in masks]) > 0
    if network is None:
        probabilities = np.full((len(frames), 1 + max(tags), *motion.shape[1:]), 0.5, np.float32)
    else:
        probabilities = np.concatenate([network(frame[None]) for frame in frames])
    predictor = build_predictor("soft", settings or Labels(), alpha, threads)
    rng = np.random.default_rng(seed)
    valid = np.ones_like(motion)
    small = predictor(PredictorInput(frames, motion, valid, probabilities, tags, rng))
    labels = np.stack([_resized(frame, (width, height)) for frame in small])
    return labels, None if network is None else probabilities[:, list(tags)].sum(axis=1)


def _resized(labels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    resized = cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST_EXACT)
    return np.asarray(resized, np.uint8)

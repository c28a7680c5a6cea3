"""A shot of superpixels that are easily counted."""

import numpy as np

from mcnn.motion.features import Pair
from mcnn.motion.superpixels import Links, describe

SIDE = 20
"""Superpixels in a row and in a column."""


def shot(count=5):
    """Frames of 20 x 20 one-colour tiles of 4 x 4 pixels; a block of 4 x 4 of them is inside."""
    rng = np.random.default_rng(0)
    grid = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    labels = np.kron(grid, np.ones((4, 4))).astype(np.int32)
    inside = np.zeros((SIDE, SIDE), bool)
    inside[8:12, 8:12] = True
    colour = np.where(inside[..., None], (200, 50, 50), (50, 120, 60)) + rng.normal(
        0, 8, (20, 20, 3)
    )
    frame = np.kron(colour, np.ones((4, 4, 1))).clip(0, 255).astype(np.uint8)
    frames = [describe(frame, labels)] * count
    every = np.arange(SIDE * SIDE)
    links = Links(every, every, np.ones(len(every)))
    ratio = np.where(inside, 0.8, 0.02).ravel()
    pair = Pair(links, ratio, np.full(len(every), 0.9))
    return frames, [pair] * (count - 1), inside.ravel()

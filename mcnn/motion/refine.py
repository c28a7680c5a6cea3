"""Motion masks at the pixel: without parts of the surroundings, and cut by local colours."""

from collections.abc import Sequence

import numpy as np

from mcnn.labels.energy import pairwise_weights
from mcnn.labels.grid_cut import GridCut
from mcnn.motion.carve import carve
from mcnn.motion.ring_colours import (
    RARE,
    Floats,
    Frame,
    Mask,
    bins,
    density,
    histograms,
    of_the_ring,
    signed_distance,
)

BAND = 6.0
"""Pixels beyond the mask in which it can grow; as far inside it, it is not yet sure."""
MASK_WEIGHT = 4.0
"""Cost of leaving the mask's side at the edge of the band."""
COLOUR_LIMIT = 4.0
"""Most that a colour can say, as the logarithm of a ratio of densities."""
SMOOTHNESS, CONTRAST = 5.0, 0.5
"""lambda and gamma of `mcnn.labels.energy.pairwise_weights`."""
STRIDE = 8
"""Frames that share a histogram; also the deviation of the frames' weights in it."""
_SURE = 50.0


def refine_masks(images: Sequence[Frame], masks: Sequence[Mask]) -> list[Mask]:
    """Carve the masks of successive frames, and move their boundaries to where colours change.

    Parameters
    ----------
    images
        ``(H, W, 3)`` uint8 RGB of T frames.
    masks
        ``(H, W)`` bool. One that is empty or full stays as it is.

    Returns
    -------
    list of ndarray, bool, shape (H, W)
        The least energy, of the distance to the mask's boundary, of the colours inside against
        those in a ring around it in nearby frames, and of a change of label between neighbours.
    """
    codes = [bins(image) for image in images]
    distances = [signed_distance(mask) for mask in masks]
    counted = [histograms(*each) for each in zip(codes, distances, strict=True)]
    foreign = of_the_ring(counted)
    for t, mask in enumerate(masks):
        if distances[t] is not None:
            carved = carve(images[t], mask, codes[t], foreign)
            if carved is not mask:
                distances[t] = signed_distance(carved)
                counted[t] = histograms(codes[t], distances[t])
    ratios = _colour_ratios(counted)
    return [
        mask if distance is None else _cut(image, distance, ratios[t // STRIDE][code])
        for t, (image, mask, code, distance) in enumerate(
            zip(images, masks, codes, distances, strict=True)
        )
    ]


def _cut(image: Frame, distance: Floats, ratio: Floats) -> Mask:
    """The mask of least energy; costs outside the band's box are known beforehand."""
    unary = ratio + MASK_WEIGHT * np.clip(distance / BAND, -1, 1)
    unary[distance < -BAND] = -_SURE
    rows, columns = (np.flatnonzero((distance > -BAND - 2).any(axis)) for axis in (1, 0))
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    inner = unary[box]
    everywhere = np.ones(inner.shape, bool)
    pairwise = pairwise_weights(
        np.ascontiguousarray(image[box]), everywhere, ~everywhere, SMOOTHNESS, CONTRAST
    )
    costs = np.stack([np.maximum(inner, 0), np.maximum(-inner, 0)])
    result = np.zeros(distance.shape, bool)
    result[box] = GridCut(pairwise).minimise(costs) == 1
    return result


def _colour_ratios(counted: Sequence[Floats]) -> list[Floats]:
    """For every `STRIDE` frames the log ratio of a colour's densities, by its bin."""
    count = len(counted)
    keys = np.minimum(np.arange(0, count, STRIDE) + STRIDE // 2, count - 1)
    weight = np.exp(-(((keys[:, None] - np.arange(count)) / STRIDE) ** 2) / 2)
    pooled = np.tensordot(weight.astype(np.float32), np.stack(counted), axes=1)
    ratios = []
    for foreground, background in pooled:
        ratio = np.log((density(foreground) + RARE) / (density(background) + RARE))
        ratios.append(np.clip(ratio, -COLOUR_LIMIT, COLOUR_LIMIT).astype(np.float32))
    return ratios

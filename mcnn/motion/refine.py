"""Boundaries of motion masks at the pixel: a cut by local colours in a band around them."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from mcnn.labels.energy import pairwise_weights
from mcnn.labels.grid_cut import GridCut

Frame = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Floats = NDArray[np.float32]

BAND = 6.0
"""Pixels beyond the mask in which it can grow; as far inside it, it is not yet sure."""
RING = 40.0
"""Width of the background that the colours are compared with, in pixels."""
MARGIN = 2.0
"""Pixels so near to the boundary say nothing about colours."""
MASK_WEIGHT = 4.0
"""Cost of leaving the mask's side at the edge of the band."""
COLOUR_LIMIT = 4.0
"""Most that a colour can say, as the logarithm of a ratio of densities."""
SMOOTHNESS, CONTRAST = 5.0, 0.5
"""lambda and gamma of `mcnn.labels.energy.pairwise_weights`."""
STRIDE = 8
"""Frames that share a histogram; also the deviation of the frames' weights in it."""
_BINS = 32
_SMOOTHING = 1.0
_RARE = 1e-5
_SURE = 50.0


def refine_masks(images: Sequence[Frame], masks: Sequence[Mask]) -> list[Mask]:
    """Move the boundaries of the masks of successive frames to where the colours change.

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
    codes = [_bins(image) for image in images]
    distances = [_signed_distance(mask) for mask in masks]
    ratios = _colour_ratios(codes, distances)
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


def _colour_ratios(
    codes: Sequence[NDArray[np.int32]], distances: Sequence[Floats | None]
) -> list[Floats]:
    """For every `STRIDE` frames the log ratio of a colour's densities, by its bin."""
    count = len(codes)
    histograms = np.zeros((2, count, _BINS**3), np.float32)
    for t, (code, distance) in enumerate(zip(codes, distances, strict=True)):
        if distance is not None:
            inside = distance > MARGIN
            around = (distance < -MARGIN) & (distance > -RING)
            for side, pixels in enumerate((inside, around)):
                histograms[side, t] = np.bincount(code[pixels], minlength=_BINS**3)
    keys = np.minimum(np.arange(0, count, STRIDE) + STRIDE // 2, count - 1)
    weight = np.exp(-(((keys[:, None] - np.arange(count)) / STRIDE) ** 2) / 2)
    pooled = weight.astype(np.float32) @ histograms
    ratios = []
    for foreground, background in zip(*pooled, strict=True):
        densities = [_density(foreground), _density(background)]
        ratio = np.log((densities[0] + _RARE) / (densities[1] + _RARE))
        ratios.append(np.clip(ratio, -COLOUR_LIMIT, COLOUR_LIMIT).astype(np.float32))
    return ratios


def _density(histogram: Floats) -> Floats:
    cube = histogram.reshape(_BINS, _BINS, _BINS)
    smooth = gaussian_filter(cube, _SMOOTHING, mode="nearest", truncate=2).ravel()
    return np.asarray(smooth / max(float(smooth.sum()), 1e-9), np.float32)


def _bins(image: Frame) -> NDArray[np.int32]:
    red, green, blue = np.moveaxis((image // (256 // _BINS)).astype(np.int32), 2, 0)
    return np.asarray((red * _BINS + green) * _BINS + blue, np.int32)


def _signed_distance(mask: Mask) -> Floats | None:
    """Pixels to the boundary, negative outside; None without one."""
    if not mask.any() or mask.all():
        return None
    side = mask.astype(np.uint8)
    inner, outer = (cv2.distanceTransform(s, cv2.DIST_L2, 3) for s in (side, 1 - side))
    return np.asarray(inner - outer, np.float32)

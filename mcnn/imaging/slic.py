"""SLIC superpixels of an image."""

import cv2
import numpy as np
from numpy.typing import NDArray

COMPACTNESS = 30.0
"""Of FOS (release v1.2)."""


def segment_superpixels(
    image: NDArray[np.uint8], number: int, compactness: float = COMPACTNESS, iterations: int = 5
) -> NDArray[np.int32]:
    """Divide an image into SLIC superpixels.

    Parameters
    ----------
    image
        ``(H, W, 3)`` uint8, RGB.
    number
        Superpixels wanted, at least 1; a few more or less come out.
    compactness
        Weight of the place against the colour.
    iterations
        Rounds of assigning pixels to centres.

    Returns
    -------
    ``(H, W)`` int32, labels from 0.
    """
    side = max(4, round((image.shape[0] * image.shape[1] / number) ** 0.5))
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)
    slic = cv2.ximgproc.createSuperpixelSLIC(
        lab, cv2.ximgproc.SLIC, region_size=side, ruler=compactness
    )
    slic.iterate(iterations)
    slic.enforceLabelConnectivity(25)
    return np.asarray(slic.getLabels(), np.int32)

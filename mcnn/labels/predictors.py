"""Label predictors: from a mini-batch and the network's output to the labels of the loss.

A predictor is called with the frames of one shot (or with one tagged image) and returns latent
labels. It knows arrays, not networks.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mcnn.config.method import Labels
from mcnn.labels.arrays import IGNORE, Bools, Images, LabelMaps
from mcnn.labels.minimisation import EnergyMinimisation


class LabelPredictor(Protocol):
    """Estimates the latent labels of the frames of a shot."""

    def __call__(
        self,
        images: Images,
        masks: Bools,
        valid: Bools,
        probabilities: NDArray[np.float32],
        tags: Sequence[int],
        rng: np.random.Generator,
    ) -> LabelMaps:
        """Estimate latent labels.

        Parameters
        ----------
        images
            ``(T, H, W, 3)`` uint8, RGB.
        masks
            ``(T, H, W)`` bool, motion masks.
        valid
            ``(T, H, W)`` bool, False in padding.
        probabilities
            ``(T, L, H, W)``, the network's softmax output over all labels.
        tags
            Labels (1 .. L - 1) that may occur beside the background.
        rng
            Source of the random start of the mixtures.

        Returns
        -------
        ``(T, H, W)`` uint8: 0, one of `tags`, or 255 in padding.
        """
        ...


def build_predictor(settings: Labels, alpha: float, threads: int = 1) -> LabelPredictor:
    """Label predictor for shots, as the configuration names it."""
    if settings.predictor == "hard":
        return hard_labels
    motion = settings.predictor == "soft"
    return EnergyMinimisation(settings, alpha, motion=motion, threads=threads)


def build_image_predictor(settings: Labels, alpha: float, threads: int = 1) -> LabelPredictor:
    """Label predictor for tagged images, which have no motion (paper, section 4.4)."""
    return EnergyMinimisation(settings, alpha, motion=False, threads=threads)


def hard_labels(
    images: Images,
    masks: Bools,
    valid: Bools,
    probabilities: NDArray[np.float32],
    tags: Sequence[int],
    rng: np.random.Generator,
) -> LabelMaps:
    """Motion masks as they are: x = s ('M-CNN* hard').

    With several tags the masks do not say which object is which ("limited to videos containing a
    single category label"): the foreground is then ignored in the loss.
    """
    foreground = tags[0] if len(tags) == 1 else IGNORE
    labels = np.where(masks, foreground, 0).astype(np.uint8)
    labels[~valid] = IGNORE
    return labels

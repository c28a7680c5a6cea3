"""Object against background in consecutive frames, from a network's scores (paper, 4.5)."""

import numpy as np
from numpy.typing import NDArray

from mcnn.colocalization.energy import minimum, superpixel_energy
from mcnn.config.colocalization import Colocalization
from mcnn.labels.energy import network_potential, pairwise_weights, unary_term
from mcnn.labels.motion_potential import MotionPotential

HIGH = 0.5
"""Probability of the class above which a pixel is a sample of the object, else of the background
(docs/method.md, co-localization)."""

Images = NDArray[np.uint8]
Probabilities = NDArray[np.float32]
Masks = NDArray[np.bool_]


class ObjectSegmentation:
    """Segmentations of the frames of a window; different ones may be asked for by threads.

    psi_m are two colour mixtures, fitted to the pixels of high and of low probability. The paper
    does not say of which frames. Here they are those of the window, weighted for each frame
    inversely to their distance from it, as in the training (section 4.2; `frame_weights`): the
    frames of a shot show the same object, so that one in which the network is blind borrows its
    colours from those in which it is not, and the nearest count most where light changes. Where no
    probability in the window is high, or all are, colour says nothing. There is no motion, so that
    Delta of the pairwise term is 0 everywhere, and there is one cut, no re-estimation.

    Parameters
    ----------
    images
        ``(T, H, W, 3)`` uint8, RGB.
    probabilities
        ``(T, 2, H, W)`` float32, the network's softmax of background and class.
    settings
        Components and weights of the energy.
    rng
        Source of the mixtures' random starts.
    """

    def __init__(
        self,
        images: Images,
        probabilities: Probabilities,
        settings: Colocalization,
        rng: np.random.Generator,
    ) -> None:
        self._images, self._probabilities, self._settings = images, probabilities, settings
        high = probabilities[:, 1] > HIGH
        self._valid = np.ones(images.shape[1:3], bool)
        valid = np.broadcast_to(self._valid, high.shape)
        components = (settings.background_components, settings.foreground_components)
        self._colours = MotionPotential(images, high, valid, components, rng)

    def __call__(self, t: int, superpixels: NDArray[np.int32]) -> Masks:
        """Mask ``(H, W)`` bool of the object in frame t, constant on superpixels ``(H, W)``."""
        settings = self._settings
        psi_fc = network_potential(self._probabilities[t])
        unary = unary_term(self._colours(t), psi_fc, settings.alpha)
        no_band = np.zeros_like(self._valid)
        weights = settings.lambda_, settings.gamma
        pairwise = pairwise_weights(self._images[t], self._valid, no_band, *weights)
        return minimum(superpixel_energy(superpixels, unary, pairwise))[superpixels]

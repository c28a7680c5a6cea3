"""Latent labels as the minimum of the energy (2): cuts and colour mixtures in turns."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import numpy as np
from numpy.typing import NDArray

from mcnn.config.method import Labels
from mcnn.labels.arrays import IGNORE, Bools, Floats, Images, LabelMaps
from mcnn.labels.cut import frame_minimiser
from mcnn.labels.energy import boundary_band, network_potential, pairwise_weights, unary_term
from mcnn.labels.motion_potential import Map, MotionPotential

Minimiser = Callable[[Floats], LabelMaps]


class EnergyMinimisation:
    """Minimum of the energy (2), alternating cuts and re-estimation of the colour mixtures.

    Parameters
    ----------
    settings
        The section `labels`.
    alpha
        Weight of the network's potential.
    motion
        False leaves out the motion term psi_m and the boundary region Delta.
    threads
        Frames that are worked on at the same time. Results do not depend on it.
    """

    def __init__(self, settings: Labels, alpha: float, *, motion: bool, threads: int = 1) -> None:
        self.settings, self.alpha, self.motion, self.threads = settings, alpha, motion, threads

    def __call__(
        self,
        images: Images,
        masks: Bools,
        valid: Bools,
        probabilities: NDArray[np.float32],
        tags: Sequence[int],
        rng: np.random.Generator,
    ) -> LabelMaps:
        """Estimate latent labels; see `mcnn.labels.predictors.LabelPredictor`."""
        allowed = [0, *tags]
        psi_fc = network_potential(probabilities[:, allowed])
        with _mapping(self.threads) as map_:
            minimisers = list(map_(partial(self._minimiser, len(allowed)), images, masks, valid))
            if self.motion:
                cuts = self._alternate(images, masks, valid, psi_fc, minimisers, rng, map_)
            else:
                cuts = _cut(lambda t: self.alpha * psi_fc[t], minimisers, map_)
        labels = np.asarray(allowed, np.uint8)[cuts]
        labels[~valid] = IGNORE
        return labels

    def _minimiser(self, n_labels: int, image: Images, mask: Bools, valid: Bools) -> Minimiser:
        settings = self.settings
        band = np.zeros_like(mask)
        if self.motion:
            band = boundary_band(mask, valid, settings.band * max(mask.shape))
        pairwise = pairwise_weights(image, valid, band, settings.lambda_, settings.gamma)
        return frame_minimiser(pairwise, n_labels, settings.minimizer)

    def _alternate(
        self,
        images: Images,
        masks: Bools,
        valid: Bools,
        psi_fc: Floats,
        minimisers: Sequence[Minimiser],
        rng: np.random.Generator,
        map_: Map,
    ) -> LabelMaps:
        settings = self.settings
        components = settings.background_components, settings.foreground_components
        psi_m = MotionPotential(images, masks, valid, components, rng, map_)

        def unary(t: int) -> Floats:
            return unary_term(psi_m(t), psi_fc[t], self.alpha)

        cuts = _cut(unary, minimisers, map_)
        for _ in range(settings.rounds - 1):
            psi_m.refit(cuts > 0)
            cuts = _cut(unary, minimisers, map_)
        return cuts


def _cut(unary: Callable[[int], Floats], minimisers: Sequence[Minimiser], map_: Map) -> LabelMaps:
    """Positions of the labels among the allowed ones, ``(T, H, W)``."""
    return np.stack(list(map_(lambda t: minimisers[t](unary(t)), range(len(minimisers)))))


@contextmanager
def _mapping(threads: int) -> Iterator[Map]:
    if threads == 1:
        yield map
        return
    with ThreadPoolExecutor(threads) as pool:
        yield pool.map

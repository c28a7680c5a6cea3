"""Latent labels as the minimum of the energy (2): cuts and colour mixtures in turns."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import Any

import numpy as np

from mcnn.config.labels import Labels
from mcnn.label_space import IGNORE
from mcnn.labels.arrays import Bools, Floats, Images, LabelMaps, PredictorInput
from mcnn.labels.cut import FrameMinimiser
from mcnn.labels.energy import boundary_band, network_potential, pairwise_weights, unary_term
from mcnn.labels.grid_cut import Forests
from mcnn.labels.motion_potential import MotionPotential

Map = Callable[..., Iterable[Any]]


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

    Examples
    --------
    >>> images = np.full((2, 8, 8, 3), 90, np.uint8)
    >>> images[:, 2:6, 2:6] = 200
    >>> masks = images[..., 0] > 100
    >>> network = np.full((2, 2, 8, 8), 0.5, np.float32)
    >>> predictor = EnergyMinimisation(Labels(), alpha=1, motion=True)
    >>> rng = np.random.default_rng(0)
    >>> frames = PredictorInput(images, masks, np.ones_like(masks), network, [1], rng)
    >>> predictor(frames).sum()
    np.uint64(32)
    """

    def __init__(self, settings: Labels, alpha: float, *, motion: bool, threads: int = 1) -> None:
        self.settings, self.alpha, self.motion, self.threads = settings, alpha, motion, threads
        self._shape: tuple[int, ...] = ()
        self._kept: list[FrameMinimiser] = []

    def __call__(self, frames: PredictorInput) -> LabelMaps:
        """Estimate latent labels; see `mcnn.labels.predictors.LabelPredictor`."""
        settings = self.settings
        images, masks, valid = frames.images, frames.masks, frames.valid
        allowed = [0, *frames.tags]
        times = range(len(images))
        minimisers = self._minimisers((*masks.shape, len(allowed)))

        def fit() -> MotionPotential | None:
            if not self.motion:
                return None
            components = settings.background_components, settings.foreground_components
            return MotionPotential(images, masks, valid, components, frames.rng)

        def prepare(t: int) -> Floats:
            minimisers[t].load(self._pairwise(images[t], masks[t], valid[t]))
            return network_potential(frames.probabilities[t, allowed])

        labels = np.empty(masks.shape, np.uint8)

        def write(t: int) -> None:
            labels[t] = np.asarray(allowed, np.uint8)[cuts[t]]
            labels[t][~valid[t]] = IGNORE

        cuts: Sequence[LabelMaps]
        with _mapping(self.threads) as map_:
            jobs = [fit, *(partial(prepare, t) for t in times)]
            psi_m, *psi_fc = map_(lambda job: job(), jobs)
            if psi_m is None:
                cuts = list(map_(lambda t: minimisers[t](self.alpha * psi_fc[t]), times))
            else:
                cuts = self._alternate(psi_m, psi_fc, minimisers, map_)
            map_(write, times)
        return labels

    def _minimisers(self, shape: tuple[int, ...]) -> list[FrameMinimiser]:
        """Minimisers of frames, by their number, height, width and number of allowed labels.

        Those of the last call, if it had the same.

        Memory taken anew is paid for page by page, most where several threads ask for it.
        """
        n, height, width, n_labels = shape
        if shape != self._shape:
            forests: Forests = deque()
            self._kept = [
                FrameMinimiser(height, width, n_labels, self.settings.minimizer, forests)
                for _ in range(n)
            ]
            self._shape = shape
        return self._kept

    def _pairwise(self, image: Images, mask: Bools, valid: Bools) -> Floats:
        settings = self.settings
        band = np.zeros_like(mask)
        if self.motion:
            band = boundary_band(mask, valid, settings.band * max(mask.shape))
        return pairwise_weights(image, valid, band, settings.lambda_, settings.gamma)

    def _alternate(
        self,
        psi_m: MotionPotential,
        psi_fc: Sequence[Floats],
        minimisers: Sequence[FrameMinimiser],
        map_: Map,
    ) -> Sequence[LabelMaps]:
        """Rounds of cutting every frame; in between the mixtures get the cuts as samples."""
        unary = [np.empty_like(potential) for potential in psi_fc]
        seconds = np.zeros(len(minimisers))

        def cut(t: int) -> tuple[LabelMaps, Floats]:
            began = time.perf_counter()
            labels = minimisers[t](unary_term(psi_m(t), psi_fc[t], self.alpha, unary[t]))
            histogram = psi_m.histogram(t, labels > 0)
            seconds[t] = time.perf_counter() - began
            return labels, histogram

        def cut_all() -> tuple[Sequence[LabelMaps], Floats]:
            # The hardest frames first, so that no thread is left with one at the end.
            order = np.argsort(-seconds)
            found = dict(zip(order, map_(cut, order), strict=True))
            cuts, histograms = zip(*(found[t] for t in range(len(found))), strict=True)
            return cuts, np.stack(histograms)

        cuts, histograms = cut_all()
        for _ in range(self.settings.rounds - 1):
            psi_m.resample(histograms)
            cuts, histograms = cut_all()
        return cuts


@contextmanager
def _mapping(threads: int) -> Iterator[Map]:
    """A `map` that works on several items at the same time, this thread among the workers."""
    with ThreadPoolExecutor(max(threads - 1, 1)) as pool:

        def map_(function: Callable[..., Any], *items: Iterable[Any]) -> list[Any]:
            arguments = list(zip(*items, strict=True))
            results: list[Any] = [None] * len(arguments)
            positions = count()

            def work() -> None:
                while (k := next(positions)) < len(arguments):
                    results[k] = function(*arguments[k])

            others = [pool.submit(work) for _ in range(threads - 1)]
            work()
            for other in others:
                other.result()
            return results

        yield map_

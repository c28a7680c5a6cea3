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
from mcnn.labels.arrays import Floats, LabelMaps, PredictorInput
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
        self._spare: dict[tuple[int, int, int], deque[FrameMinimiser]] = {}

    def __call__(self, frames: PredictorInput) -> LabelMaps:
        """Estimate latent labels; see `mcnn.labels.predictors.LabelPredictor`."""
        return self.each([frames])[0]

    def each(self, groups: Sequence[PredictorInput]) -> list[LabelMaps]:
        """Estimate the latent labels of several shots or images, as one by one.

        Frames of one shot are worked on at the same time; without motion, frames of all.
        """
        labels = [np.empty(frames.masks.shape, np.uint8) for frames in groups]

        def write(g: int, t: int, cut: LabelMaps) -> None:
            frames = groups[g]
            labels[g][t] = np.asarray([0, *frames.tags], np.uint8)[cut]
            labels[g][t][~frames.valid[t]] = IGNORE

        def cut_and_write(g: int, t: int) -> None:
            write(g, t, self._without_motion(groups[g], t))

        with _mapping(self.threads) as map_:
            if self.motion:
                for g, frames in enumerate(groups):
                    times = range(len(frames.images))
                    map_(write, [g] * len(times), times, self._with_motion(frames, map_))
            else:
                self._forget_but({frames.masks.shape[1:] for frames in groups})
                all_frames = [(g, t) for g in range(len(groups)) for t in range(len(labels[g]))]
                map_(cut_and_write, *zip(*all_frames, strict=True))
        return labels

    def _forget_but(self, sizes: set[tuple[int, ...]]) -> None:
        """Give back the memory of minimisers of frames of other sizes."""
        self._spare = {key: kept for key, kept in self._spare.items() if key[:2] in sizes}

    def _without_motion(self, frames: PredictorInput, t: int) -> LabelMaps:
        """The cut of a frame without motion, in a minimiser that no other thread has."""
        allowed = [0, *frames.tags]
        height, width = frames.masks.shape[1:]
        key = height, width, len(allowed)
        spare = self._spare.setdefault(key, deque())
        try:
            minimiser = spare.pop()
        except IndexError:
            minimiser = FrameMinimiser(*key, self.settings.minimizer, deque())
        minimiser.load(self._pairwise(frames, t))
        cut = minimiser(self.alpha * network_potential(frames.probabilities[t, allowed]))
        spare.append(minimiser)
        return cut

    def _with_motion(self, frames: PredictorInput, map_: Map) -> Sequence[LabelMaps]:
        """The cuts of the frames of a shot."""
        settings, allowed = self.settings, [0, *frames.tags]
        components = settings.background_components, settings.foreground_components
        minimisers = self._minimisers((*frames.masks.shape, len(allowed)))

        def fit() -> MotionPotential:
            shot = frames.images, frames.masks, frames.valid
            return MotionPotential(*shot, components, frames.rng)

        def prepare(t: int) -> Floats:
            minimisers[t].load(self._pairwise(frames, t))
            return network_potential(frames.probabilities[t, allowed])

        jobs = [fit, *(partial(prepare, t) for t in range(len(minimisers)))]
        psi_m, *psi_fc = map_(lambda job: job(), jobs)
        return self._alternate(psi_m, psi_fc, minimisers, map_)

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

    def _pairwise(self, frames: PredictorInput, t: int) -> Floats:
        settings, mask, valid = self.settings, frames.masks[t], frames.valid[t]
        band = np.zeros_like(mask)
        if self.motion:
            band = boundary_band(mask, valid, settings.band * max(mask.shape))
        return pairwise_weights(frames.images[t], valid, band, settings.lambda_, settings.gamma)

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

        def cut(t: int, last: bool) -> tuple[LabelMaps, Floats]:
            began = time.perf_counter()
            # The mixtures ask for the foreground, whatever its labels.
            minimise = minimisers[t] if last else minimisers[t].foreground
            labels = minimise(unary_term(psi_m(t), psi_fc[t], self.alpha, unary[t]))
            histogram = psi_m.histogram(t, labels > 0)
            seconds[t] = time.perf_counter() - began
            return labels, histogram

        def cut_all(last: bool) -> tuple[Sequence[LabelMaps], Floats]:
            # The hardest frames first, so that no thread is left with one at the end.
            order = np.argsort(-seconds)
            found = dict(zip(order, map_(partial(cut, last=last), order), strict=True))
            cuts, histograms = zip(*(found[t] for t in range(len(found))), strict=True)
            return cuts, np.stack(histograms)

        for _ in range(self.settings.rounds - 1):
            psi_m.resample(cut_all(last=False)[1])
        return cut_all(last=True)[0]


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

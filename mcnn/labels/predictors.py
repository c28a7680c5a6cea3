"""Label predictors: from a mini-batch and the network's output to the labels of the loss.

A predictor is called with the frames of one shot (or with one tagged image) and returns latent
labels. It knows arrays, not networks.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mcnn.config.labels import Labels
from mcnn.errors import ConfigError
from mcnn.label_space import IGNORE
from mcnn.labels.arrays import LabelMaps, PredictorInput
from mcnn.labels.ccnn import ConstrainedCNN
from mcnn.labels.em_adapt import EMAdapt, EMFixed
from mcnn.labels.minimisation import EnergyMinimisation


class LabelPredictor(Protocol):
    """Estimates the latent labels of the frames of a shot."""

    def __call__(self, frames: PredictorInput) -> LabelMaps | NDArray[np.float32]:
        """Estimate latent labels.

        Returns
        -------
        ``(T, H, W)`` uint8: 0, one of the tags, or 255 in padding; or distributions over the labels
        ``(T, L, H, W)`` float32, 0 in padding.
        """
        ...


Factory = Callable[[Labels, float, int], LabelPredictor]
"""Makes a label predictor from the section `labels`, alpha, and a number of threads."""


def build_predictor(name: str, settings: Labels, alpha: float, threads: int = 1) -> LabelPredictor:
    """Label predictor of a name.

    Parameters
    ----------
    name
        One of `PREDICTORS`, or ``module:factory``, a function of one's own that is called with
        the remaining parameters.
    settings
        The section `labels`.
    alpha
        Weight of the network in the energy (2).
    threads
        Frames that are worked on at the same time.

    Raises
    ------
    ConfigError
        If there is no such module or function.
    """
    if name in PREDICTORS:
        return PREDICTORS[name](settings, alpha, threads)
    module, _, factory = name.partition(":")
    try:
        build: Factory = getattr(import_module(module), factory)
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            f"labels.predictor: got {name!r}, expected module:factory ({error})"
        ) from None
    return build(settings, alpha, threads)


def label_each(
    predictor: LabelPredictor, groups: Sequence[PredictorInput]
) -> list[LabelMaps | NDArray[np.float32]]:
    """Labels of several shots or images, the same as one by one and in this order.

    Images, which have one frame each, would leave threads without work if they came one by one.
    """
    if isinstance(predictor, EnergyMinimisation):
        return [*predictor.each(groups)]
    return [predictor(frames) for frames in groups]


def hard_labels(frames: PredictorInput) -> LabelMaps:
    """Motion masks as they are: x = s ('M-CNN* hard').

    With several tags the masks do not say which object is which ("limited to videos containing a
    single category label"): the foreground is then ignored in the loss.
    """
    foreground = frames.tags[0] if len(frames.tags) == 1 else IGNORE
    labels = np.where(frames.masks, foreground, 0).astype(np.uint8)
    labels[~frames.valid] = IGNORE
    return labels


PREDICTORS: dict[str, Factory] = {
    "soft": lambda settings, alpha, threads: EnergyMinimisation(
        settings, alpha, motion=True, threads=threads
    ),
    # Also for tagged images, which have no motion (paper, section 4.4).
    "network_only": lambda settings, alpha, threads: EnergyMinimisation(
        settings, alpha, motion=False, threads=threads
    ),
    "hard": lambda settings, alpha, threads: hard_labels,
    "em_adapt": lambda settings, alpha, threads: EMAdapt(),
    "em_fixed": lambda settings, alpha, threads: EMFixed(),
    "ccnn": lambda settings, alpha, threads: ConstrainedCNN(),
}
"""Label predictors by their names in the configuration."""

ON_SCORES = frozenset({"em_adapt", "em_fixed", "ccnn"})
"""Those that were published on the scores, at the network's output stride, and work there."""

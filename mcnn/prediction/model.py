"""A trained network with the names of its labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from mcnn.evaluation.dense_crf import dense_crf
from mcnn.imaging.resize import reduce_frame
from mcnn.label_space import BACKGROUND, index_of
from mcnn.networks.base import SegmentationNetwork, pick_device
from mcnn.networks.scores import predict_label_maps, predict_probabilities
from mcnn.networks.weights import load_network

Images = NDArray[np.uint8]
Labels = NDArray[np.uint8]
Probabilities = NDArray[np.float32]

LONGER_SIDE = 500
"""Size of VOC's photographs, about which networks are trained; in pixels."""


@dataclass(frozen=True)
class SegmentationModel:
    """A trained network with the names of its labels; see `load`.

    Attributes
    ----------
    network
        In evaluation mode, on its device.
    classes
        Names of the labels from 1 on; 0 is the background.
    """

    network: SegmentationNetwork
    classes: tuple[str, ...]

    def predict(
        self,
        image: Images,
        tags: Sequence[str] = (),
        *,
        crf: bool = False,
        longer_side: int | None = LONGER_SIDE,
    ) -> NDArray[np.uint8]:
        """Most probable label of every pixel of an image.

        Parameters
        ----------
        image
            ``(H, W, 3)`` uint8, RGB.
        tags, crf, longer_side
            See `predict_probabilities`.

        Returns
        -------
        labels
            ``(H, W)`` uint8.
        """
        return self.predict_label_maps(image[None], tags, crf=crf, longer_side=longer_side)[0]

    def predict_label_maps(
        self,
        images: Images,
        tags: Sequence[str] = (),
        *,
        crf: bool = False,
        longer_side: int | None = LONGER_SIDE,
    ) -> Labels:
        """Most probable label of every pixel of some images.

        Parameters
        ----------
        images, tags, crf, longer_side
            See `predict_probabilities`.

        Returns
        -------
        labels
            ``(N, H, W)`` uint8.
        """
        size = images.shape[1:3]
        images = _reduced(images, longer_side)
        if not tags and not crf and images.shape[1:3] == size:
            return predict_label_maps(self.network, images)
        return np.stack([_enlarged_labels(p, size) for p in self._found(images, tags, crf)])

    def predict_probabilities(
        self,
        images: Images,
        tags: Sequence[str] = (),
        *,
        crf: bool = False,
        longer_side: int | None = LONGER_SIDE,
    ) -> Probabilities:
        """Probability of every label at every pixel.

        Parameters
        ----------
        images
            ``(N, H, W, 3)`` uint8, RGB.
        tags
            Classes that may occur, where that is known; all others get 0. Empty: any.
        crf
            Whether to refine them by a fully connected CRF.
        longer_side
            The network looks at larger images reduced to this size; None: as they are.

        Returns
        -------
        probabilities
            ``(N, 1 + len(classes), H, W)`` float32, which sum to 1 at every pixel.

        Raises
        ------
        ValueError
            If a tag is none of the classes.
        """
        size = images.shape[1:3]
        found = self._found(_reduced(images, longer_side), tags, crf)
        return found if found.shape[2:] == size else _enlarged(found, size)

    def _found(self, images: Images, tags: Sequence[str], crf: bool) -> Probabilities:
        """Probabilities at the size of the images."""
        unknown = [tag for tag in tags if tag not in self.classes]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is none of {', '.join(self.classes)}")
        found = predict_probabilities(self.network, images)
        if tags:
            allowed = [index_of(self.classes)[tag] for tag in tags]
            found[:, [k for k in range(1, found.shape[1]) if k not in allowed]] = 0
            # Rounding leaves nothing where the network is sure of what must not occur.
            found[:, 0] = np.maximum(found[:, 0], np.finfo(np.float32).tiny)
            found /= found.sum(axis=1, keepdims=True)
        if crf:
            found = np.stack([dense_crf(p, image) for p, image in zip(found, images, strict=True)])
        return found

    def names(self) -> list[str]:
        """Names of all labels, the background's first."""
        return [BACKGROUND, *self.classes]


def load(path: str | Path, device: str = "auto") -> SegmentationModel:
    """A trained network from the model.safetensors of a training.

    Parameters
    ----------
    path
        The file.
    device
        auto, cpu, cuda or mps.

    Raises
    ------
    DataError
        If the file is missing, damaged or no such model.

    Examples
    --------
    >>> model = load("model.safetensors")  # doctest: +SKIP
    >>> labels = model.predict(image)  # doctest: +SKIP
    """
    network, classes = load_network(Path(path))
    return SegmentationModel(network.to(pick_device(device)).eval(), classes)


def _reduced(images: Images, longer_side: int | None) -> Images:
    if longer_side is None:
        return images
    return np.stack([reduce_frame(image, longer_side) for image in images])


def _enlarged(probabilities: Probabilities, size: tuple[int, int]) -> Probabilities:
    return np.stack([[_enlarged_map(p, size) for p in image] for image in probabilities])


def _enlarged_labels(probabilities: Probabilities, size: tuple[int, int]) -> Labels:
    """Labels ``size`` of the largest of interpolated probabilities ``(L, h, w)``."""
    if probabilities.shape[1:] == size:
        return probabilities.argmax(axis=0).astype(np.uint8)
    labels, highest = np.zeros(size, np.uint8), np.zeros(size, np.float32)
    # Interpolated values are means: a label that is nowhere as likely as the mean of all labels is
    # nowhere the likeliest. The margin is for rounding.
    peaks = probabilities.max(axis=(1, 2))
    for label in np.flatnonzero(peaks > 0.99 / len(probabilities)):
        enlarged = _enlarged_map(probabilities[label], size)
        labels[enlarged > highest] = label
        np.maximum(highest, enlarged, out=highest)
    return labels


def _enlarged_map(probability: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    enlarged = cv2.resize(probability, size[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(enlarged, np.float32)

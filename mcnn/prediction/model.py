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
from mcnn.networks.scores import predict_probabilities
from mcnn.networks.weights import load_network

Images = NDArray[np.uint8]
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
        probabilities = self.predict_probabilities(
            image[None], tags, crf=crf, longer_side=longer_side
        )
        return probabilities[0].argmax(axis=0).astype(np.uint8)

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
        unknown = [tag for tag in tags if tag not in self.classes]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is none of {', '.join(self.classes)}")
        size = images.shape[1:3]
        if longer_side is not None:
            images = np.stack([reduce_frame(image, longer_side) for image in images])
        found = predict_probabilities(self.network, images)
        if tags:
            allowed = [index_of(self.classes)[tag] for tag in tags]
            found[:, [k for k in range(1, found.shape[1]) if k not in allowed]] = 0
            # Rounding leaves nothing where the network is sure of what must not occur.
            found[:, 0] = np.maximum(found[:, 0], np.finfo(np.float32).tiny)
            found /= found.sum(axis=1, keepdims=True)
        if crf:
            found = np.stack([dense_crf(p, image) for p, image in zip(found, images, strict=True)])
        return found if found.shape[2:] == size else _enlarged(found, size)

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


def _enlarged(probabilities: Probabilities, size: tuple[int, int]) -> Probabilities:
    height, width = size
    return np.stack(
        [
            [cv2.resize(p, (width, height), interpolation=cv2.INTER_LINEAR) for p in image]
            for image in probabilities
        ]
    )

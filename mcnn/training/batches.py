"""Mini-batches: frames of one shot or of many, or tagged images, cropped and mirrored.

A batch is a function of the seed and the iteration alone, so that a resumed training sees what
an uninterrupted one would have seen.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mcnn.artefacts.images import Image, read_image, read_mask
from mcnn.artefacts.samples import SampleFile
from mcnn.config.training import Optimizer
from mcnn.imaging.masks import FOREGROUND, MaskMap
from mcnn.label_space import IGNORE, index_of
from mcnn.networks.levels import LevelNetwork
from mcnn.training.crops import Frame, Map, random_crop

ORDER, AUGMENTATION, LABELS = range(3)
"""Streams of random numbers: the order of the batches, crops and mirrors, label estimation."""

Groups = tuple[tuple[slice, tuple[int, ...]], ...]


@dataclass(frozen=True)
class Batch:
    """Frames whose labels are to be estimated.

    Attributes
    ----------
    images
        ``(N, C, C, 3)`` uint8, RGB.
    masks
        ``(N, C, C)`` bool, motion masks; all False for tagged images.
    valid
        ``(N, C, C)`` bool, False in padding and where the motion masks are unknown: there, nothing
        is learnt.
    groups
        Ranges of frames labelled together, each with its tags as labels: one for a shot, one per
        image for images and for frames of many shots.
    is_shot
        Whether the frames are of shots, with motion masks.
    truth
        ``(N, C, C)`` uint8, the annotated labels of images that are trained on under full
        supervision: 255 where unknown and in padding. Otherwise None.
    weights
        ``(N,)``, weight of each frame in the loss; None: all are alike.
    frames
        The whole frames, and where the crops lie, if the backbone looks at those; otherwise none.
    """

    images: NDArray[np.uint8]
    masks: NDArray[np.bool_]
    valid: NDArray[np.bool_]
    groups: Groups
    is_shot: bool
    truth: NDArray[np.uint8] | None = None
    weights: NDArray[np.float32] | None = None
    frames: tuple[Frame, ...] = ()


class MiniBatches:
    """All mini-batches of a training, by iteration.

    Parameters
    ----------
    samples
        Samples of the dataset; None if there are images alone.
    chosen
        Indices of the samples to train on.
    images
        Tagged images.
    classes
        Object classes in the order of the labels.
    settings
        Crop size, mirroring, whether videos come by shots or by frames, and images per batch.
    mean
        RGB mean of the network's input in [0, 1], the colour of the padding.
    seed
        Of the training.
    annotated
        Whether to read the masks of the images.
    """

    def __init__(
        self,
        samples: SampleFile | None,
        chosen: Sequence[int],
        images: Sequence[Image],
        classes: Sequence[str],
        settings: Optimizer,
        mean: Sequence[float],
        seed: int,
        annotated: bool = False,
    ) -> None:
        self.samples, self.chosen, self.images = samples, list(chosen), list(images)
        self.settings, self.seed, self.annotated = settings, seed, annotated
        self.fill = np.round(255 * np.asarray(mean)).astype(np.uint8)
        self._label = index_of(classes)
        self._n_image_batches = self._n_batches(len(self.images))
        self._frames: list[tuple[int, int]] = []
        self._n_video_batches = len(self.chosen)
        self._weights: dict[int, NDArray[np.float32]] = {}
        if samples is not None and settings.sample_weights == "confidence":
            self._weights = confidence_weights({i: samples.confidences(i) for i in self.chosen})
        if samples is not None and settings.video_batches == "frames":
            self._frames = [(i, t) for i in self.chosen for t in range(samples.length(i))]
            self._n_video_batches = self._n_batches(len(self._frames))

    def __len__(self) -> int:
        """Mini-batches of an epoch."""
        return self._n_video_batches + self._n_image_batches

    def n_samples(self) -> list[int]:
        """Number of training samples (shots and images) of each class, in order."""
        counts = dict.fromkeys(self._label, 0)
        samples = [] if self.samples is None else self.samples.shots
        shots = [samples[i][2] for i in self.chosen]
        for tags in [*shots, *(image.tags for image in self.images)]:
            for tag in tags:
                counts[tag] += 1
        return list(counts.values())

    def rng(self, stream: int, number: int) -> np.random.Generator:
        """Random numbers of a stream for an iteration or epoch."""
        return np.random.default_rng([self.seed, stream, number])

    def __call__(self, iteration: int) -> Batch:
        """Read, crop and mirror the mini-batch of an iteration."""
        n_videos, n_images = self._n_video_batches, self._n_image_batches
        epoch, position = divmod(iteration, n_videos + n_images)
        order = self.rng(ORDER, epoch)
        unit = int(order.permutation(n_videos + n_images)[position])
        rng = self.rng(AUGMENTATION, iteration)
        if unit >= n_videos:
            picked = order.permutation(len(self.images))[unit - n_videos :: n_images]
            return self._tagged_images([self.images[i] for i in picked], rng)
        assert self.samples is not None, "without samples there are batches of images alone"
        if self._frames:
            picked = order.permutation(len(self._frames))[unit::n_videos]
            return self._single_frames([self._frames[k] for k in picked], self.samples, rng)
        index = self.chosen[unit]
        sample = self.samples.read(index)
        groups = ((slice(0, len(sample.images)), self._labels(sample.tags)),)
        keys = [("shot", index, t) for t in range(len(sample.images))]
        batch = self._frames_of_shots(keys, sample.images, sample.maps, groups, rng)
        return replace(batch, weights=self._weights.get(index))

    def _n_batches(self, n: int) -> int:
        """Mini-batches that n images or frames make, of `images_per_batch` or one less."""
        return -(-n // self.settings.images_per_batch)

    def _single_frames(
        self, picked: Sequence[tuple[int, int]], samples: SampleFile, rng: np.random.Generator
    ) -> Batch:
        """Frames out of many shots, by sample and position, each labelled by itself."""
        read = [samples.read(sample, [position]) for sample, position in picked]
        images, maps = [each.images[0] for each in read], [each.maps[0] for each in read]
        keys = [("shot", *each) for each in picked]
        groups = self._singles(x.tags for x in read)
        batch = self._frames_of_shots(keys, images, maps, groups, rng)
        if not self._weights:
            return batch
        weights = [self._weights[sample][position] for sample, position in picked]
        return replace(batch, weights=np.array(weights))

    def _frames_of_shots(
        self,
        keys: Sequence[Hashable],
        images: Sequence[NDArray[np.uint8]] | NDArray[np.uint8],
        maps: Sequence[MaskMap] | MaskMap,
        groups: Groups,
        rng: np.random.Generator,
    ) -> Batch:
        images, maps, valid, frames = self._crop(keys, images, maps, rng)
        known = valid & (maps != IGNORE)
        return Batch(images, maps == FOREGROUND, known, groups, True, frames=frames)

    def _singles(self, tags: Iterable[Sequence[str]]) -> Groups:
        """A group for each image or frame, of which the tags are given."""
        return tuple((slice(i, i + 1), self._labels(each)) for i, each in enumerate(tags))

    def _tagged_images(self, picked: Sequence[Image], rng: np.random.Generator) -> Batch:
        pixels = [read_image(image) for image in picked]
        if self.annotated:
            maps = [read_mask(image, tuple(self._label)) for image in picked]
        else:
            maps = [np.zeros(image.shape[:2], np.uint8) for image in pixels]
        keys = [("image", image.path) for image in picked]
        images, labels, valid, frames = self._crop(keys, pixels, maps, rng)
        labels[~valid] = IGNORE
        masks = np.zeros_like(valid)
        truth = labels if self.annotated else None
        groups = self._singles(image.tags for image in picked)
        return Batch(images, masks, valid, groups, False, truth, frames=frames)

    def _labels(self, tags: Sequence[str]) -> tuple[int, ...]:
        return tuple(sorted(self._label[tag] for tag in tags))

    def _crop(
        self,
        keys: Sequence[Hashable],
        images: Sequence[NDArray[np.uint8]] | NDArray[np.uint8],
        maps: Sequence[NDArray[Map]] | NDArray[Map],
        rng: np.random.Generator,
    ) -> tuple[NDArray[np.uint8], NDArray[Map], NDArray[np.bool_], tuple[Frame, ...]]:
        """Crops of images, of the maps that belong to them, where they are valid, and of what."""
        whole = self.settings.backbone_input == "frames"
        step = LevelNetwork.output_stride if whole else 1
        size, mirror = self.settings.crop_size, self.settings.mirror
        crops = [
            random_crop(image, map_, size, self.fill, rng, mirror, step, key)
            for key, image, map_ in zip(keys, images, maps, strict=True)
        ]
        pixels, cropped, valid, frames = zip(*crops, strict=True)
        return np.stack(pixels), np.stack(cropped), np.stack(valid), frames if whole else ()


def confidence_weights(
    confidences: Mapping[int, NDArray[np.float64]],
) -> dict[int, NDArray[np.float32]]:
    """Weights of the frames of each sample: their confidence over the mean of all known ones.

    A frame of unknown confidence weighs 1.

    Examples
    --------
    >>> confidence_weights({3: np.array([0.9, 0.3]), 5: np.array([np.nan])})
    {3: array([1.5, 0.5], dtype=float32), 5: array([1.], dtype=float32)}
    """
    every = np.concatenate([*confidences.values()])
    known = every[np.isfinite(every)]
    mean = known.mean() if known.any() else 1.0
    return {
        index: np.where(np.isfinite(each), each / mean, 1.0).astype(np.float32)
        for index, each in confidences.items()
    }

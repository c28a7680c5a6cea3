"""Motion segmentation of a shot: from frames to masks, one window of frames in memory."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

import cv2
import numpy as np
from numpy.typing import NDArray

from mcnn.config.motion import MotionSegmentation
from mcnn.imaging.opencv import single_threaded_opencv
from mcnn.imaging.resize import reduce_frame
from mcnn.motion.confidence import FALLBACK, expected_overlap
from mcnn.motion.features import Pair
from mcnn.motion.foreground import label_frames
from mcnn.motion.prepare import Prepared, prepare_frames
from mcnn.motion.refine import refine_masks

Frame = NDArray[np.uint8]
Mask = NDArray[np.bool_]

MIN_SIDE = 32
TOO_FEW = "the shot has fewer than two frames"
TOO_SMALL = f"the frames have fewer than {MIN_SIDE} pixels on a side"
NOTHING_MOVES = "nothing moves apart from the background"
NO_FOREGROUND = "the labelling found no foreground"
ALL_FOREGROUND = "the labelling found no background"


@dataclass
class MotionResult:
    """Motion masks of a shot.

    Parameters
    ----------
    length
        Number of frames.
    size
        Height and width of the frames, in pixels.
    reason
        Why there is no foreground; None where there is.
    windows, fallbacks
        Windows labelled, and those of them in which the labelling collapsed and the location
        alone decided.
    evidence, confidences
        For each frame, see `mcnn.motion.confidence`; the confidence is the J that is to be
        expected, in [0, 1], halved in windows of the latter kind.
    """

    length: int = 0
    size: tuple[int, int] = (0, 0)
    reason: str | None = None
    windows: int = 0
    fallbacks: int = 0
    evidence: list[NDArray[np.float64]] = field(default_factory=list, repr=False)
    confidences: list[float] = field(default_factory=list, repr=False)
    _packed: list[NDArray[np.uint8]] = field(default_factory=list, repr=False)
    _working: tuple[int, int] = (0, 0)

    def masks(self) -> Iterator[Mask]:
        """Masks ``(H, W)`` bool of the frames in order; all background if there is a reason."""
        if self.reason is not None:
            yield from (np.zeros(self.size, bool) for _ in range(self.length))
            return
        for packed in self._packed:
            count = self._working[0] * self._working[1]
            mask = np.unpackbits(packed, count=count).reshape(self._working)
            if self._working != self.size:
                mask = _enlarge(mask, self.size)
            yield mask.astype(bool)


def segment_shot(
    frames: Iterable[Frame],
    settings: MotionSegmentation,
    flows: Iterable[NDArray[np.float32]] | None = None,
    superpixels: Iterable[NDArray[np.int32]] | None = None,
    threads: int = 1,
) -> MotionResult:
    """Segment what moves by itself in a shot.

    Parameters
    ----------
    frames
        ``(H, W, 3)`` uint8 RGB, all of one size; consumed one after the other.
    settings
        The section of the configuration.
    flows
        Forward flows ``(h, w, 2)`` float32 in (x, y) of the N - 1 pairs of frames, where they
        are known; at another size than the working one they are resized.
    superpixels
        Labels ``(h, w)`` int32 from 0 of the N frames at working size, where they are known.
    threads
        Frames that are prepared at the same time. Results do not depend on it.

    Returns
    -------
    MotionResult
        Masks at the size of the frames, or the reason why there is no foreground.

    Raises
    ------
    ValueError
        If the frames, flows or superpixels differ in size, or there are too few of the latter.

    Notes
    -----
    Memory is bounded by `settings.window` frames at working size, and grows by a bit per pixel
    of a frame.
    """
    result = MotionResult()
    watched = _watch(frames, result, settings.longer_side)
    moving = False
    with single_threaded_opencv():
        first = next(watched, None)
        if first is not None and min(first.shape[:2]) < MIN_SIDE:
            deque(watched, maxlen=0)
            result.reason = TOO_SMALL
            result.confidences = [0.0] * result.length
            return result
        images = watched if first is None else chain([first], watched)
        for labels, moves in _windows(images, settings, flows, superpixels, threads, result):
            moving |= moves
            result._packed.extend(np.packbits(mask) for mask in labels)
    if result.length > 1 and len(result._packed) != result.length:
        raise ValueError(f"flows or superpixels are too few for {result.length} frames")
    result.reason = _reason(result, moving)
    if result.reason is not None:
        result.confidences = [0.0] * result.length
    return result


def _reason(result: MotionResult, moving: bool) -> str | None:
    if result.length < 2:
        return TOO_FEW
    if not moving:
        return NOTHING_MOVES
    if not any(packed.any() for packed in result._packed):
        return NO_FOREGROUND
    height, width = result._working
    full = np.packbits(np.ones(height * width, bool))
    if all((packed == full).all() for packed in result._packed):
        return ALL_FOREGROUND
    return None


def _watch(frames: Iterable[Frame], result: MotionResult, longer_side: int) -> Iterator[Frame]:
    """Frames at working size; notes their size and number in `result`."""
    for frame in frames:
        size = frame.shape[:2]
        if result.length == 0:
            result.size = size[0], size[1]
        elif size != result.size:
            raise ValueError(f"frame {result.length} is {size}, the first is {result.size}")
        result.length += 1
        image = reduce_frame(frame, longer_side)
        result._working = image.shape[0], image.shape[1]
        yield image


def _windows(
    images: Iterator[Frame],
    settings: MotionSegmentation,
    flows: Iterable[NDArray[np.float32]] | None,
    superpixels: Iterable[NDArray[np.int32]] | None,
    threads: int,
    result: MotionResult,
) -> Iterator[tuple[list[Mask], bool]]:
    """Masks of the frames in order, window by window, and whether anything moved in it."""
    kept: list[Prepared] = []
    pairs: list[Pair] = []
    context = 0

    def label(end: int) -> tuple[list[Mask], bool]:
        superpixels = [frame.superpixels for frame in kept]
        found = label_frames(superpixels, pairs, settings)
        result.windows += 1
        result.fallbacks += found.fell_back
        masks = [
            chosen[frame.labels] for chosen, frame in zip(found.labels, superpixels, strict=True)
        ][context:end]
        if settings.refine:
            masks = refine_masks([frame.image for frame in kept[context:end]], masks)
        result.evidence.extend(found.evidence[context:end])
        expected = expected_overlap(found.evidence[context:end])
        result.confidences.extend(expected * (FALLBACK if found.fell_back else 1))
        return masks, found.moving

    for frame, pair in prepare_frames(images, settings, flows, superpixels, threads):
        if len(kept) == settings.window:
            yield label(settings.window - settings.overlap)
            done = settings.window - 2 * settings.overlap
            del kept[:done], pairs[:done]
            context = settings.overlap
        kept.append(frame)
        if pair is not None:
            pairs.append(pair)
    if len(kept) > 1:
        yield label(len(kept))


def _enlarge(mask: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """A mask of 0 and 1 at another size, its boundary half way between pixels of either side."""
    height, width = size
    enlarged = cv2.resize(mask * np.uint8(255), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(enlarged > 127, np.uint8)

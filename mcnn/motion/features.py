"""What the labelling of a shot needs to know of a frame and of a pair of frames."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mcnn.config.motion import MotionSegmentation
from mcnn.motion.boundaries import STRONG, boundary_map, direction_difference, gradient_magnitude
from mcnn.motion.camera import camera_motion
from mcnn.motion.flow import FlowMethod
from mcnn.motion.inside_outside import frame_quality, inside_votes
from mcnn.motion.saliency import motion_saliency
from mcnn.motion.superpixels import Links, Superpixels, link, mean_over

Floats = NDArray[np.float64]
Flow = NDArray[np.float32]

# Scale times gradient where the strength, 1 - exp(-scale * gradient), is that of a sure boundary.
_SURE = -np.log(1 - STRONG)
_MIN_QUALITY = 0.2
# DIS matches patches of 16 pixels; those that leave the frame are of no use.
_MIN_RIM = 12
_CALIBRATION = tuple(0.71 + 0.1 * k for k in range(8))


@dataclass(frozen=True)
class Pair:
    """What the flow between two frames says.

    Parameters
    ----------
    links
        From the superpixels of the first frame to those of the second.
    ratio
        ``(n,)`` inside ratios, or the motion's saliency, of the first frame.
    quality
        ``(n,)`` in [0, 1]: how far the flow of each superpixel of the first frame is trusted.
    motion
        ``(n, 2)`` mean flow of each superpixel of the first frame, without the camera's part where
        it is compensated, in pixels; None where it is not asked for.
    """

    links: Links
    ratio: Floats
    quality: Floats
    motion: Floats | None = None


def compare_frames(
    images: tuple[NDArray[np.uint8], NDArray[np.uint8]],
    superpixels: tuple[Superpixels, Superpixels],
    estimate: FlowMethod,
    flow: Flow | None,
    settings: MotionSegmentation,
) -> Pair:
    """Flow, motion boundaries and inside ratios of two successive frames.

    Parameters
    ----------
    images, superpixels
        Of the two frames.
    estimate
        Optical flow; see `mcnn.motion.flow.flow_method`.
    flow
        The flow from the first frame to the second where it is known.
    settings
        Of boundaries, maps and propagation.
    """
    flow = estimate(*images) if flow is None else flow
    inside, gradient, motion = _moving(flow, settings)
    means = None
    if settings.motion_contrast or settings.short_memory:
        channels = [np.ascontiguousarray(motion[..., k]) for k in range(2)]
        means = np.stack([mean_over(channel, superpixels[0]) for channel in channels], axis=1)
    return Pair(
        links=link(flow, *superpixels),
        ratio=mean_over(inside, superpixels[0]),
        quality=np.exp(-settings.quality_decay * mean_over(gradient, superpixels[0])),
        motion=means,
    )


def _moving(flow: Flow, settings: MotionSegmentation) -> tuple[Flow, Flow, Flow]:
    """Map of what moves by itself, the gradient of its motion, and the motion."""
    motion = flow - camera_motion(flow) if settings.compensate_camera else flow
    if settings.cues == "saliency":
        return motion_saliency(motion), gradient_magnitude(motion), motion
    return *inside_map(motion, settings), motion


def inside_map(flow: Flow, settings: MotionSegmentation) -> tuple[Flow, Flow]:
    """Inside-outside map of a flow field, and the field's gradient.

    Parameters
    ----------
    flow
        ``(H, W, 2)`` float32 in (x, y), without the camera's part where it is compensated.
    settings
        With `gradient_quantiles` the mean of the maps at several scales of the boundaries, which
        needs no scale that fits; without, the one map of `gradient_scale`, or the most compact of
        a search as the FOS release has it.

    Returns
    -------
    inside
        ``(H, W)`` float32 in [0, 1].
    gradient
        ``(H, W)`` float32; see `mcnn.motion.boundaries.gradient_magnitude`.
    """
    gradient = gradient_magnitude(flow, cross_only=not settings.all_derivatives)
    rim = max(_MIN_RIM, round(settings.rim * max(gradient.shape)))
    rim = min(rim, min(gradient.shape) // 4)
    scales = _scales(gradient, rim, settings)
    weakest = np.log(2) / max(*scales, *_CALIBRATION)
    difference = direction_difference(flow, gradient > weakest, settings.folded_directions)

    def vote(scale: float) -> NDArray[np.bool_]:
        found = boundary_map(gradient, difference, scale, settings.direction_scale, rim)
        inside = inside_votes(found) > settings.votes
        if not settings.inside_median:
            return inside
        return cv2.medianBlur(inside.view(np.uint8), settings.inside_median).astype(bool)

    if settings.gradient_quantiles:
        return np.mean([vote(scale) for scale in scales], axis=0, dtype=np.float32), gradient
    inside = vote(scales[0])
    if frame_quality(inside) < _MIN_QUALITY:
        inside = max((vote(scale) for scale in _CALIBRATION), key=frame_quality)
    return inside.astype(np.float32), gradient


def _scales(gradient: Flow, rim: int, settings: MotionSegmentation) -> list[float]:
    """Scales of the boundary strength."""
    if not settings.gradient_quantiles:
        return [settings.gradient_scale]
    # Every other row and column has the same quantiles at a quarter of the cost.
    inner = gradient[rim : gradient.shape[0] - rim : 2, rim : gradient.shape[1] - rim : 2]
    sure = np.quantile(inner, settings.gradient_quantiles)
    return [_SURE / max(float(g), settings.gradient_floor) for g in sure]

"""Optical flow between two frames: computed, or read from files."""

import threading
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mcnn.config.motion import MotionSegmentation
from mcnn.datasets.files import list_names, natural_key
from mcnn.datasets.mat import read_cells
from mcnn.errors import UNPACK, DataError

if TYPE_CHECKING:
    import torch

Frame = NDArray[np.uint8]
Flow = NDArray[np.float32]
FlowMethod = Callable[[Frame, Frame], Flow]

_local = threading.local()
_FLO_MAGIC = 202021.25


def flow_method(settings: MotionSegmentation) -> FlowMethod:
    """The optical flow that the settings name.

    Returns
    -------
    callable
        Of two ``(H, W, 3)`` uint8 RGB frames; gives ``(H, W, 2)`` float32 in (x, y), in pixels:
        the pixel (x, y) of the first frame is found at (x + u, y + v) in the second. Threads may
        call it at the same time.

    Raises
    ------
    DataError
        If RAFT's weights are missing or broken.
    """
    if settings.flow == "raft":
        network = _raft(str(settings.raft_weights))
        return lambda first, second: raft_flow(network, first, second)
    return {"dis": dis_flow, "dis-fine": fine_dis_flow, "farneback": farneback_flow}[settings.flow]


def dis_flow(first: Frame, second: Frame) -> Flow:
    """Dense inverse search flow, OpenCV's preset `medium`; see `flow_method`."""
    if not hasattr(_local, "dis"):
        # An estimator keeps buffers between calls, so each thread needs its own.
        _local.dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    return _dis(_local.dis, first, second)


def fine_dis_flow(first: Frame, second: Frame) -> Flow:
    """Dense inverse search flow down to the scale of the frame itself; see `flow_method`.

    The preset `medium` ends at half of it, where its patches are as wide as limbs.
    """
    if not hasattr(_local, "fine"):
        fine = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        fine.setFinestScale(0)
        # More smoothing than this costs slow and thin objects (docs/motion.md, what was tried).
        fine.setPatchStride(4)
        fine.setGradientDescentIterations(12)
        fine.setVariationalRefinementIterations(2)
        _local.fine = fine
    return _dis(_local.fine, first, second)


def _dis(estimator: Any, first: Frame, second: Frame) -> Flow:
    flow = estimator.calc(_grey(first), _grey(second), None)
    return np.asarray(np.nan_to_num(flow, posinf=0, neginf=0), np.float32)


def farneback_flow(first: Frame, second: Frame) -> Flow:
    """Farneback's polynomial expansion flow; see `flow_method`."""
    start = np.zeros((*first.shape[:2], 2), np.float32)
    flow = cv2.calcOpticalFlowFarneback(
        _grey(first), _grey(second), start, 0.5, 4, 15, 3, 7, 1.5, 0
    )
    return np.asarray(flow, np.float32)


def raft_flow(network: "torch.nn.Module", first: Frame, second: Frame) -> Flow:
    """RAFT flow; see `flow_method`.

    Parameters
    ----------
    network
        torchvision's ``raft_small`` or ``raft_large``.
    first, second
        ``(H, W, 3)`` uint8, RGB; padded to what RAFT accepts.
    """
    import torch

    height, width = first.shape[:2]
    # RAFT wants multiples of 8, and 128 pixels for its four levels of correlation.
    bottom = max(128, -(-height // 8) * 8) - height
    right = max(128, -(-width // 8) * 8) - width
    images = [
        torch.from_numpy(cv2.copyMakeBorder(f, 0, bottom, 0, right, cv2.BORDER_REPLICATE))
        .permute(2, 0, 1)[None]
        .float()
        .div(127.5)
        .sub(1)
        for f in (first, second)
    ]
    with torch.inference_mode():
        flow = network(*images)[-1][0].permute(1, 2, 0)[:height, :width]
    return np.ascontiguousarray(flow.numpy())


def read_flo(path: str | Path) -> Flow:
    """Read a .flo file of the Middlebury benchmark as ``(H, W, 2)`` float32 in (x, y).

    Raises
    ------
    DataError
        If the file is missing, truncated or of another kind.
    """
    if not Path(path).is_file():
        raise DataError(path, "the file is missing", UNPACK)
    data = Path(path).read_bytes()
    if len(data) < 12 or np.frombuffer(data, "<f4", 1)[0] != np.float32(_FLO_MAGIC):
        raise DataError(path, "it is no .flo file", UNPACK)
    width, height = (int(n) for n in np.frombuffer(data, "<i4", 2, 4))
    if width < 1 or height < 1 or len(data) != 12 + 8 * width * height:
        raise DataError(path, f"it is no flow field of {width}x{height} pixels", UNPACK)
    return np.frombuffer(data, "<f4", offset=12).reshape(height, width, 2).astype(np.float32)


def read_flows(path: str | Path) -> Iterator[Flow]:
    """Read the flow fields of a shot, from a folder of .flo files or a FOS ``flowShot<k>.mat``.

    Raises
    ------
    DataError
        If the path is missing or broken, or the folder holds no .flo files.
    """
    path = Path(path)
    if not path.is_dir():
        yield from read_fos_flow(path)
        return
    names = sorted((name for name in list_names(path) if name.endswith(".flo")), key=natural_key)
    if not names:
        raise DataError(path, "the folder holds no .flo files", UNPACK)
    yield from (read_flo(path / name) for name in names)


def fit_flow(flow: Flow, size: tuple[int, int]) -> Flow:
    """Resize a flow field ``(H, W, 2)`` with its vectors, to another height and width."""
    height, width = flow.shape[:2]
    if (height, width) == size:
        return flow
    resized = cv2.resize(flow, size[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(resized * (size[1] / width, size[0] / height), np.float32)


def read_fos_flow(path: str | Path) -> Iterator[Flow]:
    """Read the flow fields of a shot in the layout of the FOS release.

    Parameters
    ----------
    path
        ``flowShot<k>.mat``, v5 or v7.3, with the cell array ``flow``: N - 1 fields ``(H, W, 2)``
        for N frames, the vertical component first.

    Yields
    ------
    ndarray, float32, shape (H, W, 2)
        In (x, y).

    Raises
    ------
    DataError
        If the file is missing or broken.
    """
    for cell in read_cells(path, "flow"):
        if cell.ndim != 3 or cell.shape[2] != 2:
            raise DataError(path, f"a cell of 'flow' is {cell.shape}, not (H, W, 2)", UNPACK)
        yield np.ascontiguousarray(cell[..., ::-1], dtype=np.float32)


def read_fos_superpixels(path: str | Path) -> Iterator[NDArray[np.int32]]:
    """Read the superpixels of a shot in the layout of the FOS release.

    Parameters
    ----------
    path
        ``superpixelsShot<k>.mat``, v5 or v7.3, with the cell array ``superpixels``: labels
        ``(H, W)`` from 1.

    Yields
    ------
    ndarray, int32, shape (H, W)
        Labels from 0.

    Raises
    ------
    DataError
        If the file is missing or broken.
    """
    for cell in read_cells(path, "superpixels"):
        if cell.ndim != 2 or cell.min(initial=1) < 1:
            raise DataError(path, "a cell of 'superpixels' is no map of labels from 1", UNPACK)
        yield np.ascontiguousarray(cell, dtype=np.int32) - 1


@lru_cache(maxsize=1)
def _raft(weights: str) -> "torch.nn.Module":
    import torch  # Slow, and of use to RAFT alone.

    from mcnn._torchvision import import_torchvision

    if not Path(weights).is_file():
        raise DataError(weights, "RAFT's weights are missing", "correct `raft_weights`")
    network: Any = import_torchvision().models.optical_flow.raft_small(weights=None)
    try:
        network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    except Exception as error:  # torch raises about everything there is on a broken file.
        raise DataError(
            weights, f"no raft_small can be read from it ({error})", "correct `raft_weights`"
        ) from error
    return network.eval()


def _grey(frame: Frame) -> Frame:
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.uint8)

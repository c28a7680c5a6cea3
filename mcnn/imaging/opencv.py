"""OpenCV on a given number of cores."""

from collections.abc import Iterator
from contextlib import contextmanager

import cv2


@contextmanager
def single_threaded_opencv() -> Iterator[None]:
    """OpenCV's own threads would divide a frame otherwise on another number of cores."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)

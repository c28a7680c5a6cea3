import cv2
import pytest

from mcnn.imaging.opencv import single_threaded_opencv


def test_opencv_has_one_thread_inside_and_as_many_as_before_behind():
    before = cv2.getNumThreads()
    cv2.setNumThreads(2)
    try:
        with single_threaded_opencv():
            assert cv2.getNumThreads() == 1
        assert cv2.getNumThreads() == 2
        with pytest.raises(KeyError), single_threaded_opencv():
            raise KeyError
        assert cv2.getNumThreads() == 2
    finally:
        cv2.setNumThreads(before)

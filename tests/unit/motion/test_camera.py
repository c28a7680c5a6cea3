import numpy as np

from mcnn.motion.camera import camera_motion


def affine_field(height=90, width=120):
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return np.stack([2 + 0.02 * x - 0.01 * y, -1 + 0.01 * x + 0.02 * y], axis=2)


def test_an_object_does_not_bend_the_fit():
    field = affine_field()
    flow = field.copy()
    flow[20:60, 30:70] += (12, -8)
    assert np.abs(camera_motion(flow) - field).max() < 0.1


def test_no_motion():
    assert np.abs(camera_motion(np.zeros((40, 50, 2), np.float32))).max() == 0

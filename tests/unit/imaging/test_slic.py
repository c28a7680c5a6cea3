import cv2
import numpy as np
from scipy import ndimage

from mcnn.imaging.slic import segment_superpixels


def noisy_halves(left, right, size=(60, 80)):
    image = np.empty((*size, 3))
    image[:, : size[1] // 2], image[:, size[1] // 2 :] = left, right
    noise = np.random.default_rng(0).normal(0, 6, image.shape)
    return (image + noise).clip(0, 255).astype(np.uint8)


def test_it_is_opencvs_slic_in_lab_with_the_constants_of_fos():
    """A side of 10 pixels, compactness 30, 5 iterations; less than a quarter is merged."""
    image = noisy_halves((120, 60, 160), (90, 140, 40))
    lab = cv2.cvtColor(np.ascontiguousarray(image[..., ::-1]), cv2.COLOR_BGR2LAB)
    slic = cv2.ximgproc.createSuperpixelSLIC(lab, cv2.ximgproc.SLIC, 10, 30.0)
    slic.iterate(5)
    slic.enforceLabelConnectivity(25)
    np.testing.assert_array_equal(segment_superpixels(image, 48), slic.getLabels())


def test_superpixels_are_as_many_as_asked_for_connected_and_numbered_from_0():
    image = noisy_halves((120, 60, 160), (90, 140, 40))
    for number in (12, 48, 200):
        labels = segment_superpixels(image, number)
        count = labels.max() + 1
        assert labels.dtype == np.int32
        assert np.unique(labels).tolist() == list(range(count))
        assert 0.6 < count / number < 1.6
        assert all(ndimage.label(labels == k)[1] == 1 for k in range(count))


def test_superpixels_end_where_colours_change():
    # The edge is in the middle, where squares of 18 pixels would not end.
    labels = segment_superpixels(noisy_halves((150, 60, 60), (60, 60, 150), (54, 74)), 12)
    across = np.intersect1d(labels[:, :36], labels[:, 38:])
    assert len(across) == 0


def test_weight_and_rounds_count():
    image = noisy_halves((120, 60, 160), (90, 140, 40))
    usual = segment_superpixels(image, 48)
    assert (segment_superpixels(image, 48, compactness=5) != usual).any()
    assert (segment_superpixels(image, 48, iterations=1) != usual).any()

import io

import numpy as np
from PIL import Image

from mcnn.imaging.palette import encode_labels, voc_palette

COLOURS = {
    0: (0, 0, 0),
    1: (128, 0, 0),
    2: (0, 128, 0),
    3: (128, 128, 0),
    4: (0, 0, 128),
    8: (64, 0, 0),
    15: (192, 128, 128),
    20: (0, 64, 128),
    255: (224, 224, 192),
}
"""Of the development kit of VOC 2012: background, aeroplane, ..., person, tvmonitor, void."""


def test_labels_are_indices_with_the_colours_of_voc():
    palette = voc_palette()
    assert len(palette) == 3 * 256
    assert {k: tuple(palette[3 * k : 3 * k + 3]) for k in COLOURS} == COLOURS
    labels = np.array([list(COLOURS)], np.uint8).repeat(2, axis=0)
    image = Image.open(io.BytesIO(encode_labels(labels)))
    assert (image.format, image.mode) == ("PNG", "P")
    np.testing.assert_array_equal(np.asarray(image), labels)
    np.testing.assert_array_equal(np.asarray(image.convert("RGB"))[1], list(COLOURS.values()))

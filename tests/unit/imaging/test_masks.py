import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image
from trees import encode, picture

from mcnn.errors import DataError
from mcnn.imaging.masks import decode_mask, decode_mask_map, encode_mask
from mcnn.imaging.palette import encode_labels

VALUES = st.sampled_from([0, 1, 255])


@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=20)))
def test_masks_are_1_bit_pngs_with_white_foreground(mask):
    image = Image.open(io.BytesIO(encode_mask(mask)))
    assert (image.format, image.mode) == ("PNG", "1")
    np.testing.assert_array_equal(np.asarray(image.convert("L")), 255 * mask)
    decoded = decode_mask(encode_mask(mask))
    assert decoded.dtype == bool
    np.testing.assert_array_equal(decoded, mask)
    assert decode_mask(encode_mask(mask[::-1, ::-1]))[0, 0] == mask[-1, -1]


@pytest.mark.parametrize("data", [b"", b"none", encode_mask(np.eye(9) > 0)[:-30]])
def test_what_is_no_mask_is_named(data):
    with pytest.raises(DataError, match=r"a\.parquet: the image does not decode.*Remedy"):
        decode_mask(data, "a.parquet")


def test_pictures_in_colour_are_no_masks():
    with pytest.raises(DataError, match=r"mask: the mask is RGB, not of one channel.*Remedy"):
        decode_mask(encode(picture(0), "PNG"))


@given(arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=20), elements=VALUES))
def test_unknown_pixels_come_back_and_are_no_foreground(values):
    data = encode_mask(values)
    np.testing.assert_array_equal(decode_mask_map(data), values)
    np.testing.assert_array_equal(decode_mask(data), values == 1)
    image = Image.open(io.BytesIO(data))
    assert image.mode == ("P" if (values == 255).any() else "1")


def test_unknown_pixels_are_shown_apart_from_foreground_and_background():
    image = Image.open(io.BytesIO(encode_mask(np.array([[0, 1, 255]], np.uint8)))).convert("RGB")
    assert len(image.getcolors()) == 3


def test_other_values_are_no_mask():
    with pytest.raises(DataError, match=r"m\.png: the mask holds values other than 0, 1 and 255"):
        decode_mask(encode_labels(np.array([[0, 2]], np.uint8)), "m.png")

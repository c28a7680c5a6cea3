"""Masks that other tools wrote: right ones come out, damaged ones do not get to pycocotools."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import array_shapes, arrays
from pycocotools import mask as coder

from mcnn.export.coco_masks import decode_segmentation, size_of
from mcnn.imaging.decode import MOST_PIXELS

SIZE = (6, 8)


@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=40)))
def test_texts_and_numbers_of_run_lengths_are_those_of_pycocotools(mask):
    text = coder.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode()
    flat = mask.ravel(order="F")
    edges = np.flatnonzero(np.diff(flat, prepend=False, append=False)).tolist()
    bounds = [0, *edges, flat.size] if not flat[-1] else [0, *edges]
    for counts in (text, np.diff(bounds).tolist()):
        found = decode_segmentation(coder, {"size": [*mask.shape], "counts": counts}, mask.shape)
        np.testing.assert_array_equal(found, mask)


def test_polygons_are_filled():
    found = decode_segmentation(coder, [[1, 1, 5, 1, 5, 4, 1, 4]], SIZE)
    assert found.sum() == 12
    assert found[1:4, 1:5].all()


def of(counts, size=SIZE):
    return {"size": [*size], "counts": counts}


@pytest.mark.parametrize(
    "segmentation",
    [
        *(of([3, 5]), of([2**31, 2**31]), of([-1, 49]), of([48.0]), of(["48"]), of([True, 47])),
        *(of("35:"), of("o" * 20), of("=33000a"), of("\x00"), of("é"), of("")),
        *(of([48], (8, 6)), of([10**9], (10**5, 10**4))),
        *([[]], [[1, 1, 2]], [[1, 1, 2, 2]], [[1, 1, 5, 1, 5]], [[1, 1, 5, 1, 5, "4"]], [4]),
        *([[1, 1, 5, 1, 1e9, 4]], [[1, 1, math.nan, 1, 5, 4]], [[1, 1, math.inf, 1, 5, 4]]),
    ],
)
def test_what_is_no_mask_is_refused(segmentation):
    with pytest.raises(ValueError, match=r"."):
        decode_segmentation(coder, segmentation, SIZE)


@pytest.mark.parametrize("size", [(0, 1), (-1, -1), (2.0, 3), (MOST_PIXELS, 2), (None, 1)])
def test_sizes_are_positive_and_not_too_large(size):
    with pytest.raises(ValueError, match="an image of"):
        size_of(dict(zip(("height", "width"), size, strict=True)))

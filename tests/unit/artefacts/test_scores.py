import numpy as np
import pandas as pd
import pytest
from awkward import DAMAGES, TEXT, is_refused, leaves_nothing
from hypothesis import given, settings
from hypothesis import strategies as st

from mcnn.artefacts.scores import (
    CORLOC,
    IMAGE_IOU,
    IOU,
    read_corloc,
    read_image_iou,
    read_iou,
    write_confusion,
    write_corloc,
    write_image_iou,
    write_iou,
)

IOUS = pd.DataFrame([("val", 9, "none", "dog", 0.5), ("NA", 9, "", "mean", 0.2)], columns=list(IOU))
IMAGE_IOUS = pd.DataFrame(
    [("val", "001", "dog", 0.5), ("NA", "b", "", 0.0)], columns=list(IMAGE_IOU)
)
CORLOCS = pd.DataFrame(
    [("dog", 62.5, 8, 9, 5, 1, 0), ("mean", np.nan, 0, 0, 0, 0, 2)], columns=list(CORLOC)
)
shares = st.floats(0, 1) | st.just(np.nan)
counts = st.integers(0, 10**9)


@settings(max_examples=50)
@given(st.lists(st.tuples(TEXT, counts, TEXT, TEXT, shares), min_size=1))
def test_iou_comes_back_as_it_was(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("scores") / "iou.csv"
    table = pd.DataFrame(rows, columns=list(IOU))
    write_iou(table, path)
    pd.testing.assert_frame_equal(read_iou(path), table, check_exact=True)


@settings(max_examples=50)
@given(st.lists(st.tuples(TEXT, TEXT, TEXT, shares), min_size=1))
def test_iou_by_image_comes_back_as_it_was(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("scores") / "image_iou.csv"
    table = pd.DataFrame(rows, columns=list(IMAGE_IOU))
    write_image_iou(table, path)
    pd.testing.assert_frame_equal(read_image_iou(path), table, check_exact=True)


@settings(max_examples=50)
@given(st.lists(st.tuples(TEXT, shares, *[counts] * 5), min_size=1))
def test_corloc_comes_back_as_it_was(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("scores") / "corloc.csv"
    table = pd.DataFrame(rows, columns=list(CORLOC))
    write_corloc(table, path)
    pd.testing.assert_frame_equal(read_corloc(path), table, check_exact=True)


@pytest.mark.parametrize(
    ("write", "table", "header"),
    [
        (write_iou, IOUS, "set,images,postprocessing,class,iou"),
        (write_image_iou, IMAGE_IOUS, "set,image,class,iou"),
        (write_corloc, CORLOCS, "class,corloc,frames,boxes,found,repaired,empty"),
    ],
)
def test_columns_are_written_in_their_order_and_others_are_left(tmp_path, write, table, header):
    write(table[table.columns[::-1]].assign(extra=1), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text().splitlines()[0] == header
    with pytest.raises(KeyError, match="class"):
        write(table.drop(columns="class"), tmp_path / "t.csv")


def test_confusion_has_a_row_a_true_label(tmp_path):
    table = pd.DataFrame({"set": "val", "true": ["background", "dog"], "predicted_dog": [3, 4]})
    write_confusion(table, tmp_path / "confusion.csv")
    expected = "set,true,predicted_dog\nval,background,3\nval,dog,4\n"
    assert (tmp_path / "confusion.csv").read_text() == expected


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize(
    ("read", "write", "table", "what"),
    [
        (read_iou, write_iou, IOUS, "a table of IoU"),
        (read_image_iou, write_image_iou, IMAGE_IOUS, "a table of IoU by image"),
        (read_corloc, write_corloc, CORLOCS, "a table of CorLoc"),
    ],
)
def test_what_is_no_such_table_is_named(tmp_path, damage, read, write, table, what):
    path = tmp_path / "t.csv"
    write(table, path)
    damage(path)
    assert is_refused(read, path, what)


@pytest.mark.parametrize(
    ("write", "table"),
    [
        (write_iou, IOUS),
        (write_image_iou, IMAGE_IOUS),
        (write_corloc, CORLOCS),
        (write_confusion, IOUS),
    ],
)
def test_nothing_half_written_is_left(tmp_path, monkeypatch, write, table):
    assert leaves_nothing(lambda path: write(table, path), tmp_path, monkeypatch)

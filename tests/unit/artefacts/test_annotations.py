import numpy as np
import pandas as pd
import pytest
from awkward import DAMAGES, TEXT, is_refused, leaves_nothing
from hypothesis import given, settings
from hypothesis import strategies as st

from mcnn.artefacts.annotations import (
    EMPTY,
    REPAIRED,
    AnnotatedBox,
    annotation_table,
    read_annotations,
    write_annotations,
)

BOXES = [
    AnnotatedBox("001", 0, 7, "dog", 0, 0, 1, 1),
    AnnotatedBox("NA", 3, 8, "null", 0.5, 1.25, 30, 40, REPAIRED),
    AnnotatedBox("001", 0, 7, "cat", *[np.nan] * 4, EMPTY),
]

numbers, edges = st.integers(0, 10**6), st.floats(0, 1e4)
place = TEXT, numbers, numbers, TEXT
sound = st.builds(AnnotatedBox, *place, *[edges] * 4, st.sampled_from(["", REPAIRED]))
gone = st.builds(AnnotatedBox, *place, *[st.just(np.nan)] * 4, st.just(EMPTY))


@settings(max_examples=50)
@given(st.lists(sound | gone, min_size=1, max_size=5))
def test_boxes_come_back_as_they_were(tmp_path_factory, boxes):
    path = tmp_path_factory.mktemp("annotations") / "annotations.csv"
    write_annotations(boxes, path)
    pd.testing.assert_frame_equal(read_annotations(path), annotation_table(boxes), check_exact=True)


def test_a_row_a_box_and_no_edges_where_it_is_empty(tmp_path):
    path = tmp_path / "annotations.csv"
    write_annotations(iter(BOXES), path)
    assert path.read_text().splitlines() == [
        "video,shot,frame,class,x0,y0,x1,y1,flaw",
        "001,0,7,dog,0.0,0.0,1.0,1.0,",
        "NA,3,8,null,0.5,1.25,30.0,40.0,repaired",
        "001,0,7,cat,,,,,empty",
    ]
    table = read_annotations(path)
    assert table["x0"].isna().tolist() == [False, False, True]
    assert table["flaw"].tolist() == ["", "repaired", "empty"]


def test_no_boxes_are_an_empty_table(tmp_path):
    write_annotations([], tmp_path / "annotations.csv")
    table = read_annotations(tmp_path / "annotations.csv")
    assert len(table) == 0
    assert list(table) == ["video", "shot", "frame", "class", "x0", "y0", "x1", "y1", "flaw"]


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_no_such_table_is_named(tmp_path, damage):
    path = tmp_path / "annotations.csv"
    write_annotations(BOXES, path)
    damage(path)
    assert is_refused(read_annotations, path, "a table of boxes")


def test_nothing_half_written_is_left(tmp_path, monkeypatch):
    assert leaves_nothing(lambda path: write_annotations(BOXES, path), tmp_path, monkeypatch)

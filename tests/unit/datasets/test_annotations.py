import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcnn.artefacts.annotations import read_annotations
from mcnn.datasets.annotations import edges_of_pixels
from mcnn.errors import DataError

whole = st.integers(-5, 25)


@given(st.lists(st.tuples(whole, whole, whole, whole), max_size=5), st.sampled_from([0, 1]))
def test_edges_enclose_the_pixels_inside_the_frame(boxes, origin):
    height, width = 12, 20
    edges, flaws = edges_of_pixels(boxes, origin, (height, width))
    assert edges.shape == (len(boxes), 4)
    for (a, b, c, d), edge, flaw in zip(boxes, edges, flaws, strict=True):
        columns = [x - origin for x in range(min(a, c), max(a, c) + 1)]
        rows = [y - origin for y in range(min(b, d), max(b, d) + 1)]
        kept_columns = [x for x in columns if 0 <= x < width]
        kept_rows = [y for y in rows if 0 <= y < height]
        if not kept_columns or not kept_rows:
            assert flaw == "empty"
            assert np.isnan(edge).all()
            continue
        expected = [kept_columns[0], kept_rows[0], kept_columns[-1] + 1, kept_rows[-1] + 1]
        assert edge.tolist() == expected
        sound = a <= c and b <= d and kept_columns == columns and kept_rows == rows
        assert flaw == ("" if sound else "repaired")


def test_without_the_size_only_the_upper_and_left_sides_are_cut():
    edges, flaws = edges_of_pixels([[-3, 2, 9000, 9000], [np.nan, 1, 2, 3]], origin=1)
    assert edges[0].tolist() == [0, 1, 9000, 9000]
    assert flaws == ["repaired", "empty"]


def test_a_table_that_is_none_is_named(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match=r"t\.csv: this is not a table of boxes"):
        read_annotations(tmp_path / "t.csv")

import pytest

from mcnn.errors import DataError
from mcnn.report.paper import published_csv, published_row, read_published


@pytest.mark.parametrize(
    ("table", "method", "variant", "average"),
    [
        ("table1", "M-CNN*", "small", 26.7),
        ("table2", "M-CNN", "VOC+YTube", 47.2),
        ("sensitivity", "M-CNN", "alpha 10.0", 42.2),
        ("image_labels", "M-CNN", "network_only", 51.0),
    ],
)
def test_published_rows_are_found_by_method_and_variant(table, method, variant, average):
    paper = read_published(published_csv(table))
    assert published_row(table, paper, method, variant)["average"] == average


def test_a_row_that_the_paper_lacks_is_named():
    paper = read_published(published_csv("table1"))
    with pytest.raises(DataError, match="no row 'M-CNN' with fov 'medium'"):
        published_row("table1", paper, "M-CNN", "medium")

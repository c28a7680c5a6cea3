import pandas as pd
import pytest

from mcnn.errors import DataError
from mcnn.report.segmentation import published_row, segmentation_table


@pytest.fixture
def ious(tmp_path):
    """iou.csv of one experiment at two seeds."""
    paths = {}
    for seed, value in ((0, 0.30), (1, 0.40)):
        path = tmp_path / f"{seed}.csv"
        pd.DataFrame(
            {
                "set": "val",
                "images": 9,
                "postprocessing": "none",
                "class": ["background", "car", "mean"],
                "iou": [0.8, 2 * value - 0.8, value],
            }
        ).to_csv(path, index=False)
        paths["m-cnn", "initial", seed] = path
    return paths


def test_mean_and_deviation_are_over_seeds_in_per_cent(ious):
    (row,) = segmentation_table(ious, {}).to_dict("records")
    assert (row["experiment"], row["stage"], row["set"]) == ("m-cnn", "initial", "val")
    assert (row["seeds"], row["images"]) == (2, 9)
    assert row["mean_iou"] == pytest.approx(35)
    assert row["std"] == pytest.approx(7.07, abs=0.005)
    assert row["background"] == pytest.approx(80)
    assert row["car"] == pytest.approx(-10)
    assert pd.isna(row["published"])


def test_postprocessing_is_what_the_evaluations_name(ious):
    assert segmentation_table(ious, {})["postprocessing"].tolist() == ["none"]
    path = ious["m-cnn", "initial", 1]
    pd.read_csv(path).assign(postprocessing="dense_crf").to_csv(path, index=False)
    table = segmentation_table(ious, {})
    assert table["postprocessing"].tolist() == ["none", "dense_crf"]
    assert table["mean_iou"].tolist() == pytest.approx([30, 40])


def test_one_seed_has_no_deviation(ious):
    first = dict([next(iter(ious.items()))])
    assert pd.isna(segmentation_table(first, {})["std"][0])


def test_the_papers_number_stands_beside_ours(ious):
    source = {"table": "table1", "method": "M-CNN*", "variant": "large"}
    (row,) = segmentation_table(ious, {("m-cnn", "initial"): source}).to_dict("records")
    assert row["published"] == 33.6
    assert row["difference"] == pytest.approx(35 - 33.6)
    assert row["published_row"] == "table1: M-CNN*, large"


def test_published_rows_are_found_by_table_method_and_variant():
    assert published_row("table1", "M-CNN*", "small")["average"] == 26.7
    assert published_row("table2", "M-CNN", "VOC+YTube")["average"] == 47.2
    with pytest.raises(DataError, match="no row"):
        published_row("table1", "M-CNN", "medium")

import pandas as pd
import pytest

from mcnn.report.paper_tables import NOT_RUN, paper_table, write_paper_table
from mcnn.report.segmentation import published_table

SOURCES = {
    ("m-cnn", "finetuned"): {"table": "table1", "method": "M-CNN", "variant": "large"},
    ("m-cnn", "joint"): {"table": "table2", "method": "M-CNN", "variant": "VOC+YTube"},
}


@pytest.fixture
def results():
    return pd.DataFrame(
        {
            "experiment": "m-cnn",
            "stage": ["finetuned", "finetuned", "joint"],
            "set": ["val", "other", "val"],
            "images": [9, 5, 9],
            "postprocessing": ["none", "none", "dense_crf"],
            "seeds": 3,
            "mean_iou": [44.2, 1.0, 47.9],
            "std": [0.5, 0.1, None],
        }
    )


@pytest.mark.parametrize("name", ["table1", "table2", "table3"])
def test_every_row_of_the_paper_is_there_in_its_order(results, name):
    table, paper = paper_table(name, results, SOURCES), published_table(name)
    assert table["method"].tolist() == paper["method"].tolist()
    assert table["published"].tolist() == paper["average"].tolist()


def test_ours_stands_in_the_row_it_reproduces(results):
    table = paper_table("table1", results, SOURCES)
    (ours,) = table[table["experiment"] != NOT_RUN].to_dict("records")
    assert (ours["method"], ours["fov"], ours["experiment"]) == (
        "M-CNN",
        "large",
        "m-cnn/finetuned",
    )
    assert (ours["ours"], ours["std"], ours["seeds"], ours["images"]) == (44.2, 0.5, 3, 9)
    assert ours["difference"] == pytest.approx(44.2 - 41.2)
    assert table.loc[table["experiment"] == NOT_RUN, "ours"].isna().all()
    assert ours["postprocessing"] == "none"


def test_three_formats_hold_the_same_rows(results, tmp_path):
    table = paper_table("table2", results, SOURCES)
    paths = [tmp_path / f"table2.{end}" for end in ("csv", "md", "tex")]
    write_paper_table(table, "table2", paths)
    assert pd.read_csv(paths[0])["ours"].notna().sum() == 1
    for path in paths[1:]:
        text = path.read_text()
        assert text.count(NOT_RUN) == len(table) - 1
        assert "47.9" in text
        assert "nan" not in text.lower()

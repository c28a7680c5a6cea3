import numpy as np
import pandas as pd
import pytest

from mcnn.label_space import YOUTUBE_OBJECTS_CLASSES
from mcnn.report.formats import write_paper_table
from mcnn.report.paper import published_csv, read_published
from mcnn.report.paper_tables import NOT_RUN, PUBLISHED, TITLES, paper_table, title

ROWS = [
    {
        **{"experiment": experiment, "stage": stage, "postprocessing": postprocessing},
        **{"table": table, "method": method, "variant": variant},
    }
    for experiment, stage, table, method, variant, *more in [
        ("m-cnn", "finetuned", "table1", "M-CNN", "large"),
        ("m-cnn", "finetuned", "sensitivity", "M-CNN", "alpha 2.0"),
        ("m-cnn", "finetuned", "sensitivity", "M-CNN*", "rounds 4"),
        ("m-cnn", "joint", "table2", "M-CNN", "VOC+YTube", "dense_crf"),
        ("m-cnn-20", "joint", "table3", "M-CNN", "VOC+YTube"),
    ]
    for postprocessing in (more or ["none"])
]


def paper(name):
    return read_published(published_csv(name))


@pytest.fixture
def results():
    return pd.DataFrame(
        {
            "experiment": ["m-cnn", "m-cnn", "m-cnn", "m-cnn-20"],
            "stage": ["finetuned", "finetuned", "joint", "joint"],
            "set": ["val", "other", "val", "val_20"],
            "split": ["val", None, "val", "val"],
            "images": [9, 5, 9, 20],
            "postprocessing": ["none", "none", "dense_crf", "none"],
            "seeds": 3,
            "samples": [7, 7, 10, 3139],
            "papers_data": True,
            "mean_iou": [44.2, 1.0, 47.9, 38.5],
            "std": [0.5, 0.1, None, 0.3],
            "background": [80.0, 0, 81, 79],
            **{name: [40.0, 0, 42, 30 + k] for k, name in enumerate(YOUTUBE_OBJECTS_CLASSES)},
            "sofa": [None, None, None, 11],
        }
    )


@pytest.mark.parametrize("name", ["table1", "table2"])
def test_every_row_of_the_paper_is_there_as_printed(results, name):
    table = paper_table(name, results, ROWS, paper(name))
    published = table[table["source"] == PUBLISHED]
    assert published["method"].tolist() == paper(name)["method"].tolist()
    figures = ["background", *YOUTUBE_OBJECTS_CLASSES, "average", "std", "seeds"]
    printed = ["bkg", *YOUTUBE_OBJECTS_CLASSES, "average", "std", "runs"]
    np.testing.assert_array_equal(published[figures], paper(name)[printed])
    for column, value in {"split": "val", "images": 909, "postprocessing": "none"}.items():
        assert set(published[column]) == {value}


@pytest.mark.parametrize("name", ["table3", "sensitivity", "image_labels"])
def test_every_row_of_the_paper_is_there_in_its_order(results, name):
    table = paper_table(name, results, ROWS, paper(name))
    assert table["method"].tolist() == paper(name)["method"].tolist()
    assert table["published"].tolist() == paper(name)["average"].tolist()
    assert set(table["published_split"]) == {"test" if name == "table3" else "val"}


def test_ours_stands_below_the_row_it_reproduces_class_by_class(results):
    table = paper_table("table1", results, ROWS, paper("table1"))
    (k,) = np.flatnonzero(table["source"] != PUBLISHED)
    ours, above = table.loc[k], table.loc[k - 1]
    for row in (ours, above):
        assert (row["method"], row["fov"]) == ("M-CNN", "large")
    assert (above["average"], above["std"], above["seeds"]) == (41.2, 1.3, 5)
    assert ours["source"] == "m-cnn/finetuned"
    assert (ours["average"], ours["std"], ours["seeds"], ours["images"]) == (44.2, 0.5, 3, 9)
    assert (ours["background"], ours["aeroplane"], ours["train"]) == (80.0, 40.0, 40.0)
    assert ours["difference"] == pytest.approx(44.2 - 41.2)
    assert (ours["set"], ours["split"], ours["postprocessing"]) == ("val", "val", "none")


def test_a_row_stands_for_the_evaluation_with_its_postprocessing(results):
    other = results.assign(postprocessing="dense_crf", mean_iou=99.0)
    table = paper_table("table1", pd.concat([other, results]), ROWS, paper("table1"))
    assert table.loc[table["source"] != PUBLISHED, "average"].tolist() == [44.2]


def test_a_row_of_two_tables_stands_in_both(results):
    first, second = (
        paper_table(name, results, ROWS, paper(name)) for name in ("table1", "sensitivity")
    )
    assert first.loc[first["source"] != PUBLISHED, "average"].tolist() == [44.2]
    columns = ["method", "parameter", "value", "published", "ours"]
    assert second.loc[second["ours"].notna(), columns].to_numpy().tolist() == [
        ["M-CNN*", "rounds", "4", 33.6, 44.2],
        ["M-CNN", "alpha", "2.0", 42.3, 44.2],
    ]


def test_table_3_has_the_samples_and_the_mean_of_the_ten_classes(results, tmp_path):
    table = paper_table("table3", results, ROWS, paper("table3"))
    (ours,) = table[table["experiment"] != NOT_RUN].to_dict("records")
    assert (ours["published"], ours["ours"], ours["set"]) == (39.8, 38.5, "val_20")
    assert (ours["published_split"], ours["split"]) == ("test", "val")
    # Background and ten classes of 30, 31 ... 39; not the sofa.
    assert (ours["published_10"], ours["ours_10"]) == (49.6, pytest.approx(424 / 11, abs=0.006))
    assert (ours["published_samples"], ours["samples"]) == (3139, 3139)
    write_paper_table(table, TITLES["table3"], [tmp_path / "table3.md"])
    (line,) = (x for x in (tmp_path / "table3.md").read_text().splitlines() if "m-cnn-20" in x)
    assert line.count("3139") == 2


def test_a_run_without_the_ten_classes_has_no_mean_of_them(results):
    table = paper_table("table3", results.drop(columns="cow"), ROWS, paper("table3"))
    assert table["ours"].notna().sum() == 1
    assert table["ours_10"].isna().all()


def test_three_formats_hold_the_same_rows(results, tmp_path):
    table = paper_table("table2", results, ROWS, paper("table2"))
    paths = [tmp_path / f"table2.{end}" for end in ("csv", "md", "tex")]
    write_paper_table(table, TITLES["table2"], paths)
    assert len(pd.read_csv(paths[0])) == len(paper("table2")) + 1
    for path in paths[1:]:
        text = path.read_text()
        assert text.count(PUBLISHED) == len(paper("table2"))
        assert text.count("m-cnn/joint") == 1
        assert "47.9" in text
        assert "47.90" not in text
        assert "nan" not in text.lower()


@pytest.mark.parametrize("name", ["table1", "sensitivity", "table3"])
def test_on_other_data_ours_stand_alone(results, name):
    table = paper_table(name, results.assign(papers_data=False), ROWS, paper(name))
    source = "source" if "source" in table else "experiment"
    ours = {"table1": 1, "sensitivity": 2, "table3": 1}[name]
    assert len(table) == ours
    assert set(table[source]) <= {"m-cnn/finetuned", "m-cnn-20/joint"}
    assert not [column for column in table if "published" in column or "difference" in column]
    assert title(name, table).endswith("rows of ours, on other data than the paper's")
    assert title(name, paper_table(name, results, ROWS, paper(name))) == TITLES[name]


def test_one_row_on_other_data_leaves_none_beside_the_published(results):
    rows = [*ROWS, {**ROWS[0], "stage": "joint", "postprocessing": "dense_crf", "variant": "small"}]
    mixed = results.assign(papers_data=[True, True, False, True])
    table = paper_table("table1", mixed, rows, paper("table1").replace("EM-Adapt", "M-CNN"))
    assert PUBLISHED not in set(table["source"])

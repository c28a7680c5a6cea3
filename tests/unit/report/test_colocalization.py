import pandas as pd
import pytest

from mcnn.report.colocalization import TITLE, colocalization_table, title
from mcnn.report.formats import write_paper_table
from mcnn.report.paper import published_csv, read_published

PAPER = read_published(published_csv("table4"))


@pytest.fixture
def table_of(tmp_path):
    def write(name, car, bus):
        rows = {"class": ["car", "bus", "mean"], "corloc": [car, bus, (car + bus) / 2]}
        rows |= dict.fromkeys(("found", "repaired", "empty"), 0)
        path = tmp_path / f"{name}.csv"
        pd.DataFrame({**rows, "frames": [4, 5, 9], "boxes": [4, 8, 12]}).to_csv(path, index=False)
        return path

    networks = {
        ("m-cnn", "finetuned", 0, "own"): write("a", 60, 80),
        ("m-cnn", "finetuned", 1, "own"): write("b", 50, 70),
        ("imnet", "finetuned", 0, "vid"): write("c", 20, 40),
    }
    motion = {"own": write("m", 10, 30), "vid": write("n", 0, 10)}
    scored_on = {
        "own": {"published": "YouTube-Objects", "split": "Test"},
        "vid": {"published": "ImageNet-VID", "split": "all"},
    }

    def build(papers_datasets=("own", "vid")):
        return colocalization_table(motion, networks, scored_on, PAPER, papers_datasets)

    return build


@pytest.fixture
def table(table_of):
    return table_of()


def test_ours_stand_below_the_rows_they_reproduce(table):
    published = table[table["source"] == "published"]
    assert published["average"].tolist() == PAPER["average"].tolist()
    below = [
        (table.loc[k - 1, ["method", "source", "dataset", "average"]].tolist(), row["source"])
        for k, row in table.iterrows()
        if row["source"] != "published"
    ]
    assert below == [
        (["[29] FOS", "published", "YouTube-Objects", 50.1], "motion masks"),
        (["M-CNN", "published", "YouTube-Objects", 72.0], "m-cnn/finetuned"),
        (["[29] FOS", "published", "ImageNet-VID", 37.9], "motion masks"),
        (["M-CNN", "published", "ImageNet-VID", 42.1], "imnet/finetuned"),
    ]
    assert table.loc[table["source"] != "published", "split"].tolist() == ["Test"] * 2 + ["all"] * 2
    (ours,) = table[table["source"] == "m-cnn/finetuned"].to_dict("records")
    assert (ours["car"], ours["bus"], ours["average"]) == (55, 75, 65)
    assert ours["std"] == pytest.approx(7.07, abs=0.01)
    assert (ours["seeds"], ours["frames"], ours["boxes"], ours["dataset"]) == (2, 9, 12, "own")
    assert pd.isna(table.loc[table["source"] == "motion masks", "std"]).all()


def test_on_other_datasets_ours_stand_alone(table_of):
    table = table_of(["own"])
    ours = ["motion masks", "m-cnn/finetuned", "motion masks", "imnet/finetuned"]
    assert table["source"].tolist() == ours
    assert title(table) == "Table 4 and section 4.5: rows of ours, on other data than the paper's"
    assert title(table_of()) == TITLE


def test_three_formats(table, tmp_path):
    paths = [tmp_path / f"table4.{end}" for end in ("csv", "md", "tex")]
    write_paper_table(table, TITLE, paths)
    assert len(pd.read_csv(paths[0])) == len(table)
    for path in paths[1:]:
        text = path.read_text()
        assert "72.0" in text or "72 " in text
        assert "nan" not in text.lower()

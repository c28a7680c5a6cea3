import pandas as pd
import pytest

from mcnn.report.colocalization import TITLE, colocalization_table
from mcnn.report.formats import write_paper_table
from mcnn.report.paper import published_csv, read_published

PAPER = read_published(published_csv("table4"))


@pytest.fixture
def table(tmp_path):
    def write(name, car, bus):
        rows = {"class": ["car", "bus", "mean"], "corloc": [car, bus, (car + bus) / 2]}
        rows |= dict.fromkeys(("found", "repaired", "empty"), 0)
        path = tmp_path / f"{name}.csv"
        pd.DataFrame({**rows, "frames": [4, 5, 9], "boxes": [4, 8, 12]}).to_csv(path, index=False)
        return path

    networks = {
        ("m-cnn", "finetuned", 0, "own"): write("a", 60, 80),
        ("m-cnn", "finetuned", 1, "own"): write("b", 50, 70),
    }
    return colocalization_table({"own": write("m", 10, 30)}, networks, PAPER)


def test_ours_stand_below_the_rows_they_reproduce(table):
    names = list(zip(table["method"], table["source"], strict=True))
    assert names.index(("[29] FOS", "motion masks")) == names.index(("[29] FOS", "published")) + 1
    assert names[-2:] == [("M-CNN", "published"), ("M-CNN", "m-cnn/finetuned")]
    published = table[table["source"] == "published"]
    assert published["average"].tolist() == PAPER["average"].tolist()
    ours = table.iloc[-1]
    assert (ours["car"], ours["bus"], ours["average"]) == (55, 75, 65)
    assert ours["std"] == pytest.approx(7.1)
    assert (ours["seeds"], ours["frames"], ours["boxes"], ours["dataset"]) == (2, 9, 12, "own")
    assert pd.isna(table.loc[table["source"] == "motion masks", "std"]).all()


def test_three_formats(table, tmp_path):
    paths = [tmp_path / f"table4.{end}" for end in ("csv", "md", "tex")]
    write_paper_table(table, TITLE, paths)
    assert len(pd.read_csv(paths[0])) == len(table)
    for path in paths[1:]:
        text = path.read_text()
        assert "72.0" in text or "72 " in text
        assert "nan" not in text.lower()

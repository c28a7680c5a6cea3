import pandas as pd
import pytest
from small_report import write_csv, write_table

from mcnn.errors import DataError
from mcnn.report.summary import summary


def write_table4(folder, sources, std=(None, 1.44)):
    table = {"source": sources, "dataset": "own", "average": [58.9, 81.25], "std": std}
    write_csv(folder / "tables/table4.csv", {**table, "seeds": [1, 3], "frames": 784})


def test_the_headline_has_targets_and_boxes(tmp_path):
    write_table(tmp_path)
    write_table4(tmp_path, ["motion masks", "m/finetuned"])
    assert summary(tmp_path) == [
        "IoU in per cent (val, 9 images; mean and deviation over 2 seeds)",
        "  m/initial                53.3 ± 4.7",
        "CorLoc in per cent (own, 784 frames; mean and deviation over 3 seeds)",
        "  motion masks             58.9",
        "  m/finetuned              81.2 ± 1.4",
    ]


def test_published_rows_are_not_ours(tmp_path):
    write_table4(tmp_path, ["published", "m/finetuned"])
    assert [line.split()[0] for line in summary(tmp_path)] == ["CorLoc", "m/finetuned"]


def test_ten_lines_are_enough(tmp_path):
    write_table(tmp_path)
    path = tmp_path / "tables/segmentation.csv"
    row = pd.read_csv(path)
    pd.concat([row.assign(experiment=f"e{k}") for k in range(9)]).to_csv(path, index=False)
    write_table4(tmp_path, ["motion masks", "m/finetuned"])
    lines = summary(tmp_path)
    assert len(lines) == 8
    assert [line.split()[0] for line in lines[1:5]] == [f"e{k}/initial" for k in (5, 6, 7, 8)]


def test_it_ends_with_the_report(tmp_path):
    (tmp_path / "report.html").touch()
    assert summary(tmp_path) == [f"Report: {tmp_path / 'report.html'}"]


def test_a_folder_that_is_no_run_is_named(tmp_path):
    with pytest.raises(DataError, match="neither tables of results nor a report"):
        summary(tmp_path)
    with pytest.raises(DataError, match="none: there is no such folder"):
        summary(tmp_path / "none")

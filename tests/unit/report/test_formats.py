import re

import pandas as pd
import pytest

from mcnn.report.formats import write_paper_table

TABLE = pd.DataFrame(
    {
        "method": ["[29] FOS", "M-CNN* & co", "M-CNN"],
        "source": ["published", "a/b_c", "m-cnn/initial"],
        "aeroplane": [35.25, None, 0.04],
        "bird": [44.8, 1.0, 100.0],
        "average": [50.549, -0.25, None],
        "std": [1.26, None, None],
        "seeds": [5, 1, 0],
        "difference": [None, 1.04, -18.66],
        "set": ["VOC 2012", "val", None],
        "images": [909, 0, 3.0],
    }
)


@pytest.fixture
def written(tmp_path):
    paths = [tmp_path / f"table1.{end}" for end in ("csv", "md", "tex")]
    write_paper_table(TABLE, "Table 1: 50 % of it", paths)
    return paths


def rows_of(path):
    """Cells of the rows as one reads them, mean and deviation in one."""
    text = path.read_text()
    if path.suffix == ".md":
        lines = [line.strip("| ").split("|") for line in text.splitlines() if "|" in line]
        return [[cell.strip() for cell in line] for line in lines[:1] + lines[2:]]
    body = text[text.index(r"\midrule") : text.index(r"\bottomrule")]
    header = [line for line in text.splitlines() if line.startswith("method")]
    cells = []
    for line in [*header, *body.splitlines()[1:]]:
        line = re.sub(r"\\multicolumn\{\d\}\{\w\}\{([^}]*)\}", r"\1", line.removesuffix(r" \\"))
        line = re.sub(r" & \$\\,\\pm\\,\$", " ± ", line)
        cells.append([cell.strip() for cell in re.split(r"(?<!\\)&", line)])
    return cells


def test_figures_are_rounded_alike_in_all_formats(written):
    csv = pd.read_csv(written[0])
    assert csv["average"].tolist()[:2] == [50.5, -0.2]
    assert csv["difference"].tolist()[1:] == [1.0, -18.7]
    _, *markdown = rows_of(written[1])
    assert [row[4] for row in markdown] == ["50.5 ± 1.3", "-0.2", "–"]
    assert [row[2] for row in markdown] == ["35.2", "–", "0.0"]
    tex = written[2].read_text()
    for figure in ("50.5", r"$-$0.2", "1.0", r"$-$18.7", "35.2", "100.0"):
        assert re.search(rf"& {re.escape(figure)} (&|\\\\)", tex), figure
    assert "50.549" not in tex
    assert "18.66" not in tex


def test_a_deviation_stands_with_its_mean(written):
    header, *rows = rows_of(written[1])
    assert "std" not in header
    assert rows[0][header.index("average")] == "50.5 ± 1.3"
    tex = rows_of(written[2])
    assert tex[1][4] == "50.5 ± 1.3"


def test_counts_of_nothing_are_no_zeros(written):
    header, *rows = rows_of(written[1])
    assert [row[header.index("seeds")] for row in rows] == ["5", "1", "–"]
    assert [row[header.index("images")] for row in rows] == ["909", "–", "3"]


def test_latex_has_booktabs_groups_a_label_and_aligned_figures(written):
    tex = written[2].read_text()
    assert r"\label{tab:table1}" in tex
    assert r"\caption{Table 1: 50 \% of it}" in tex
    assert r"\begin{tabular}{@{}llrrr@{}lrr@{}}" in tex
    assert r"\multicolumn{2}{c}{IoU}" in tex
    assert r"\cmidrule(lr){3-4}" in tex
    assert [tex.count(rule) for rule in (r"\toprule", r"\midrule", r"\bottomrule")] == [1, 1, 1]
    assert r"M-CNN* \& co & a/b\_c" in tex
    assert "{[}29] FOS" in tex


def test_all_rows_of_latex_have_as_many_cells_as_columns(written):
    tex = written[2].read_text()
    columns = len(re.sub(r"@\{[^}]*\}", "", re.search(r"tabular\}\{(.*)\}", tex)[1]))
    for line in tex[tex.index(r"\toprule") : tex.index(r"\bottomrule")].splitlines():
        if line.endswith(r"\\"):
            spans = [int(span) - 1 for span in re.findall(r"\\multicolumn\{(\d)\}", line)]
            cells = len(re.split(r"(?<!\\)&", line))
            assert cells + sum(spans) == columns, line


def test_published_figures_and_ours_are_groups_of_their_own(tmp_path):
    table = pd.DataFrame(
        {
            **{"method": ["M-CNN"], "published": [39.8], "published_split": ["test"]},
            **{"ours": [38.5], "std": [0.3], "seeds": [3], "difference": [-1.3]},
            **{"published_10": [49.6], "ours_10": [38.52], "experiment": ["a/b"]},
        }
    )
    write_paper_table(table, "Table 3: x", [tmp_path / "table3.tex"])
    lines = (tmp_path / "table3.tex").read_text().splitlines()
    (groups,) = (line for line in lines if "{published}" in line)
    spans = re.findall(r"multicolumn\{(\d)\}\{c\}\{(\w+)\}", groups)
    assert spans == [("3", "published"), ("4", "ours")]
    (row,) = (line for line in lines if line.startswith("M-CNN"))
    assert row.startswith(r"M-CNN & 39.8 & test & 49.6 & 38.5 & $\,\pm\,$0.3 & 3 & 38.5")

from html.parser import HTMLParser

import pandas as pd
import pytest
from small_report import REASON, small_run, write_picture, write_table

from mcnn.report.page import write_report

VOID = {"meta", "link", "img", "br", "hr", "input"}


class Page(HTMLParser):
    """What a page holds: sections, tables as rows of texts, pictures, what it links to."""

    def __init__(self, text):
        super().__init__()
        self.open, self.sections, self.images, self.links = [], [], [], []
        self.ids, self.tables, self.cell = [], {}, None
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given[name] for name in ("src", "href") if given.get(name)]
        if tag == "section":
            self.sections.append(given["id"])
        if tag == "img":
            self.images.append(given)
        if tag == "tr":
            self.rows.append([])
        if tag == "table":
            self.rows, self.caption = [], ""
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag == "table":
            self.tables[self.caption] = self.rows

    def handle_data(self, data):
        if "caption" in self.open:
            self.caption += data.strip()
        elif "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += data.strip()

    def table(self, beginning):
        (found,) = (rows for caption, rows in self.tables.items() if caption.startswith(beginning))
        return found


def page_of(folder, **changes):
    write_report(small_run(folder, **changes), folder / "report.html")
    return Page((folder / "report.html").read_text())


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """That of the whole small run."""
    folder = tmp_path_factory.mktemp("report")
    page = page_of(folder)
    page.text = (folder / "report.html").read_text()
    return page


EVERY = [
    *("data", "results", "classes", "segmentations", "latent-labels", "colocalization"),
    *("curves", "confusion", "shots", "time", "configuration"),
]


def test_a_section_is_there_if_the_run_has_its_files(page):
    assert page.sections == EVERY
    assert [link for link in page.links if link.startswith("#")] == [f"#{id}" for id in EVERY]


def test_a_run_without_evaluation_and_colocalization_shows_predictions(tmp_path):
    write_picture(tmp_path / "predictions/car.jpg")
    tables = {name: tmp_path / f"tables/{name}.csv" for name in ("shots", "skipped")}
    nothing = ("ious", "confusions", "examples", "latent_labels", "sheets", "selected")
    page = page_of(
        tmp_path,
        **{name: {} for name in nothing},
        tables=tables,
        predictions={("m", "initial", 0): tmp_path / "predictions"},
    )
    expected = ["data", "predictions", "curves", "shots", "time", "configuration"]
    assert page.sections == expected
    (picture,) = page.images[:-1]
    assert "m/initial, seed 0" in picture["alt"]


def test_the_page_needs_nothing_else(page):
    assert all(link.startswith(("data:", "#")) for link in page.links)
    assert len(page.ids) == len(set(page.ids))
    assert "default-src 'none'" in page.text


def test_figures_are_means_with_deviations_over_the_seeds(page):
    header, row = page.table("Mean IoU")
    assert dict(zip(header, row, strict=True)) == {
        "target": "m/initial",
        "mean IoU": "53.3 ± 4.7",
        "seeds": "2",
        "images": "val (9)",
        "shots and images seen": "3",
        "row of the paper": "table1: M-CNN*, large",
    }
    header, row = page.table("IoU in per cent on val")
    assert header == ["target", "background", "car", "boat", "mean"]
    assert row == ["m/initial", "85.0 ± 7.1", "60.0 ± 14.1", "15.0 ± 7.1", "53.3 ± 4.7"]


def test_the_targets_on_one_set_stand_together(tmp_path):
    files = small_run(tmp_path)
    row = pd.read_csv(files.tables["segmentation"])
    rows = [
        row.assign(experiment=name, set=images) for name in "ab" for images in ("val", "horses")
    ]
    pd.concat(rows).to_csv(files.tables["segmentation"], index=False)
    write_report(files, tmp_path / "report.html")
    rows = Page((tmp_path / "report.html").read_text()).table("Mean IoU")[1:]
    expected = ["a/initial", "b/initial"]
    assert [row[0] for row in rows] == expected * 2
    assert [row[3] for row in rows] == ["val (9)"] * 2 + ["horses (9)"] * 2


def test_published_figures_are_there_where_the_table_has_them(tmp_path):
    files = small_run(tmp_path)
    write_report(files, tmp_path / "report.html")
    assert "The data are not the paper’s" in (tmp_path / "report.html").read_text()
    write_table(tmp_path, papers_data=True, published=33.6, difference=19.73)
    write_report(files, tmp_path / "report.html")
    assert "The data are not the paper’s" not in (tmp_path / "report.html").read_text()
    page = Page((tmp_path / "report.html").read_text())
    header, row = page.table("Mean IoU")
    assert dict(zip(header, row, strict=True))["published"] == "33.6"
    assert dict(zip(header, row, strict=True))["difference"] == "19.7"


def test_confusions_are_shares_of_the_true_pixels(page):
    rows = page.table("m/initial on val")
    assert rows == [
        ["true", "background", "car", "boat"],
        ["background", "80", "10", "10"],
        ["car", "25", "75", "0"],
        ["boat", "100", "0", "0"],
    ]


def test_every_dropped_shot_has_its_reason_and_selected_ones_their_overlap(page):
    assert page.table("Shots of own that were dropped")[1:] == [["a", "1", REASON]]
    assert page.table("Shots of own selected by m, seed 0")[1:] == [["a", "0", "0.500"]]
    assert page.table("Left out")[1:] == [["data/own/skipped.csv", "c", "does not decode"]]
    assert "without: shorter than 20 frames (1)" in page.text
    assert "selected by m, seed 0" in page.text


def test_time_memory_and_data_are_as_measured(page):
    assert page.table("Time and memory")[1:] == [["evaluate", "1", "1.5", "1.5", "512"]]
    assert page.table("Minutes")[1:] == [["m/initial", "cpu, threads: 1", "2", "6", "1.0 ± 0.0"]]
    assert page.table("Datasets")[1:] == [
        ["own", "video_folder", "clips", "2", "3", "2", "computed"]
    ]
    assert page.table("Sets of images")[1:] == [
        ["val", "pascal_voc", "val", "VOC2012", "1", "evaluation"]
    ]


def test_names_are_text_and_never_markup(tmp_path):
    files = small_run(tmp_path)
    files.tables["skipped"].write_text("list,item,reason\nl,<script>alert(1)</script>,r\n")
    write_report(files, tmp_path / "report.html")
    page = Page((tmp_path / "report.html").read_text())
    assert page.table("Left out")[1] == ["l", "<script>alert(1)</script>", "r"]


def test_every_picture_says_what_it_shows(page):
    *pictures, enlarged = page.images
    assert enlarged["alt"] == ""
    texts = [picture["alt"] for picture in pictures]
    assert len(texts) == 3
    assert "x, the best image of the class car" in texts[0]
    assert "IoU of 50 %" in texts[0]
    assert "motion mask: a frame of a, shot 0, tagged car" in texts[1]
    assert "Frames of own tagged car" in texts[2]


def test_pictures_without_room_are_named_by_their_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("mcnn.report.page.PICTURE_BYTES", 0)
    page = page_of(tmp_path)
    assert len(page.images) == 1
    text = (tmp_path / "report.html").read_text()
    for folder in ("examples", "latent", "sheets"):
        assert f"they are in <code>{tmp_path / folder}</code>" in text


@pytest.mark.parametrize("seeds", [(0,), (0, 1)])
def test_one_seed_has_no_deviation(tmp_path, seeds):
    files = small_run(tmp_path)
    for name in ("ious", "confusions", "histories", "records"):
        given = getattr(files, name)
        for key in [key for key in given if key[2] not in seeds]:
            del given[key]
    write_report(files, tmp_path / "report.html")
    _, row = Page((tmp_path / "report.html").read_text()).table("IoU in per cent on val")
    assert ("±" in row[1]) == (len(seeds) > 1)

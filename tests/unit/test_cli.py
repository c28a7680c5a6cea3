from pathlib import Path

import pytest
from moving import moving_disc
from trees import write_image
from typer.testing import CliRunner

from mcnn.cli import app

ROOT = Path(__file__).parents[2]
CONFIG = str(ROOT / "config.yaml")


@pytest.fixture
def run(monkeypatch):
    monkeypatch.chdir(ROOT)
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


def test_check_config_accepts_the_demo(run):
    result = run("check-config")
    assert result.exit_code == 0
    assert "run 'demo', 4 targets" in result.output


def test_check_config_names_the_key_at_fault(run, tmp_path):
    overlay = tmp_path / "o.yaml"
    overlay.write_text("labels: {lamda: 3}")
    result = run("check-config", "--configfile", CONFIG, "--configfile", str(overlay))
    assert result.exit_code == 2
    assert "labels.lamda: unknown key (value 3)" in result.output


@pytest.mark.parametrize("content", [None, "a: [", "- list"])
def test_a_bad_file_is_named(run, tmp_path, content):
    overlay = tmp_path / "o.yaml"
    if content:
        overlay.write_text(content)
    result = run("check-config", "--configfile", str(overlay))
    assert result.exit_code == 2
    assert "o.yaml" in result.output
    assert "Remedy" in result.output


def test_check_data_lists_what_is_missing_and_fails(run):
    paper = str(ROOT / "config" / "paper.yaml")
    result = run("check-data", "--configfile", CONFIG, "--configfile", paper)
    assert result.exit_code == 1
    assert "data/YouTube-Objects" in result.output
    assert "calvin" in result.output


def test_show_prints_a_table(run, tmp_path):
    (tmp_path / "t.csv").write_text("a,b,empty\n1,x,\n2,,\n")
    result = run("show", str(tmp_path / "t.csv"))
    assert result.output.split() == ["a", "b", "1", "x", "2", "-"]


def test_segment_motion_writes_masks_and_says_what_it_found(run, tmp_path):
    frames, _ = moving_disc(5)
    for k, frame in enumerate(frames):
        write_image(tmp_path / "frames" / f"{k}.png", frame)
    result = run("segment-motion", str(tmp_path / "frames"), "-o", str(tmp_path / "out"))
    assert result.exit_code == 0, result.output
    assert str(tmp_path / "out") in result.output
    assert len(list((tmp_path / "out").glob("*.png"))) == 5


def test_segment_motion_names_what_is_missing(run, tmp_path):
    result = run("segment-motion", str(tmp_path / "no.mp4"), "-o", str(tmp_path / "out"))
    assert result.exit_code == 1
    assert "no.mp4: the video is missing. Remedy" in result.output

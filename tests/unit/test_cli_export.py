import numpy as np
import pandas as pd
import pytest
from trees import write_image
from typer.testing import CliRunner

from mcnn.cli import app


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def labels(tmp_path):
    """Folders of predictions and ground truth, of two images."""
    for folder, value in (("found", 12), ("truth", 12)):
        for name in "ab":
            write_image(tmp_path / folder / f"{name}.png", np.full((3, 4), value, np.uint8))
    write_image(tmp_path / "found" / "b.png", np.full((3, 4), 8, np.uint8))
    (tmp_path / "one.txt").write_text("a\n")
    return tmp_path


def test_evaluate_prints_and_writes_the_scores(labels):
    result = run("evaluate", labels / "found", labels / "truth", "--out", labels / "iou.csv")
    assert result.exit_code == 0, result.output
    rows = {line.split()[0]: line.split()[1] for line in result.output.splitlines()}
    assert (rows["dog"], rows["cat"], rows["cow"], rows["mean"]) == (
        "0.5000",
        "0.0000",
        "-",
        "0.2500",
    )
    table = pd.read_csv(labels / "iou.csv").set_index("class")["iou"]
    assert (table["dog"], table["mean"]) == (0.5, 0.25)


def test_evaluate_scores_the_images_and_classes_asked_for(labels):
    folders = labels / "found", labels / "truth"
    result = run("evaluate", *folders, "--list", labels / "one.txt", "--class", "dog")
    assert result.exit_code == 0, result.output
    assert [line.split()[:2] for line in result.output.splitlines()[1:]] == [
        ["background", "-"],
        ["dog", "1.0000"],
        ["mean", "1.0000"],
    ]


def test_evaluate_names_what_is_wrong(labels):
    result = run("evaluate", labels / "found", labels / "truth", "--class", "yak")
    assert result.exit_code == 1
    assert "'yak'" in result.output
    assert "Remedy" in result.output

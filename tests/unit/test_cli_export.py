import numpy as np
import pandas as pd
import pytest
from PIL import Image
from random_networks import make
from trees import write_image
from typer.testing import CliRunner

from mcnn.cli import app
from mcnn.config.network import Network
from mcnn.networks.weights import save_network


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
    # A cat is predicted where the ground truth has none.
    assert (rows["dog"], rows["cat"], rows["cow"], rows["mean"]) == ("0.5000", "-", "-", "0.5000")
    table = pd.read_csv(labels / "iou.csv").set_index("class")["iou"]
    assert (table["dog"], table["mean"]) == (0.5, 0.5)


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


@pytest.fixture
def drafts(tmp_path):
    """A folder of labels and one of their images."""
    labels = np.zeros((12, 16), np.uint8)
    labels[2:8, 3:9] = 1
    labels[10, 10] = 1
    write_image(tmp_path / "labels" / "a.png", labels)
    write_image(tmp_path / "images" / "a.png", np.zeros((12, 16, 3), np.uint8))
    return tmp_path


def test_masks_go_out_and_come_back(drafts):
    folders = drafts / "labels", drafts / "images"
    options = "--tag", "dog", "--min-pixels", 2, "--shape", "polygon", "--tolerance", 0
    result = run("export", "masks", *folders, "-o", drafts / "coco", *options)
    assert result.exit_code == 0, result.output
    assert result.output.startswith("1 objects are in ")
    result = run("import-masks", drafts / "coco" / "annotations.json", "-o", drafts / "back")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("1 masks are in ")
    back = np.asarray(Image.open(drafts / "back" / "a.png"))
    expected = np.zeros((12, 16))
    expected[2:8, 3:9] = 1
    np.testing.assert_array_equal(back, expected)
    assert (drafts / "back" / "names.csv").read_text().splitlines()[1:] == ["0,background", "1,dog"]


def test_export_names_what_is_wrong(drafts):
    result = run("export", "masks", drafts / "images", drafts / "no", "-o", drafts / "out")
    assert result.exit_code == 1
    assert "no such video" in result.output
    result = run("export", "model", drafts / "no.safetensors", "-o", drafts / "m.onnx")
    assert result.exit_code == 1
    assert "no.safetensors: there is no such file" in result.output
    result = run("import-masks", drafts / "no.json", "-o", drafts / "out")
    assert result.exit_code == 1
    assert "no.json: the file is missing" in result.output


def test_export_model_says_how_exact_it_is(drafts):
    settings = Network(architecture="shallow", width=0.2)
    path = drafts / "model.safetensors"
    save_network(make("shallow", 0.2), path, ("boat", "car"), settings)
    result = run("export", "model", path, "-o", drafts / "model.pt2")
    assert result.exit_code == 0, result.output
    assert "probabilities differ by at most" in result.output
    assert (drafts / "model.pt2").is_file()

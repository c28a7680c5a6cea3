from pathlib import Path

import numpy as np
import pytest
from moving import moving_disc
from PIL import Image
from random_networks import make
from trees import write_image
from typer.testing import CliRunner

from mcnn.cli import app
from mcnn.config.network import Network
from mcnn.networks.weights import save_network

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
    assert "(did you mean 'lambda'?)" in result.output


@pytest.mark.parametrize("content", [None, "a: [", "- list"])
def test_a_bad_file_is_named(run, tmp_path, content):
    overlay = tmp_path / "o.yaml"
    if content:
        overlay.write_text(content)
    result = run("check-config", "--configfile", str(overlay))
    assert result.exit_code == 2
    assert "o.yaml" in result.output
    assert "Remedy" in result.output


def test_plan_lists_the_trainings_and_their_totals(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # A folder without results.
    result = CliRunner().invoke(app, ["plan", "--timing", "0", "--configfile", CONFIG])
    assert result.exit_code == 0, result.output
    trainings, localizations = result.output.split("\n\n")
    header, *rows, last = trainings.splitlines()
    assert header.split()[:3] == ["experiment", "stage", "data"]
    assert [row.split()[:2] for row in rows] == [
        ["m-cnn-hard", "initial"],
        ["m-cnn", "initial"],
        ["m-cnn", "finetuned"],
        ["m-cnn", "joint"],
    ]
    assert all(row.split()[-4:] == ["3", "0", "-", "-"] for row in rows)
    assert last == "12 trainings needed: 0 done, 12 missing, of unknown cost"
    header, row, last = localizations.splitlines()
    assert header.split()[:4] == ["experiment", "stage", "dataset", "frames"]
    assert row.split() == ["m-cnn", "finetuned", "youtube_objects", "-", "3", "0", "-", "-"]
    assert last == "3 localizations needed: 0 done, 3 missing, of unknown cost"


def test_plan_times_updates_where_nothing_tells_the_cost(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("mcnn.experiments.pace.seconds_per_update", lambda *_: 3.6)
    monkeypatch.setattr("mcnn.experiments.pace.seconds_per_frame", lambda *_: 0.25)
    result = CliRunner().invoke(app, ["plan", "--configfile", CONFIG])
    assert result.exit_code == 0, result.output
    trainings, localizations = result.output.split("\n\n")
    assert localizations.splitlines()[1].split()[-2:] == ["0.25", "-"]
    *_, row, last = trainings.splitlines()
    iterations = int(row.split()[-6])
    assert row.split()[-2:] == [f"{iterations / 1000:.2f}", "timed"]
    assert last.startswith("12 trainings needed: 0 done, 12 missing, about ")


def test_plan_names_a_broken_record(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "results/demo/models/m-cnn/seed0/initial"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").touch()
    (folder / "run.json").write_text("{")
    result = CliRunner().invoke(app, ["plan", "--configfile", CONFIG])
    assert result.exit_code == 1
    assert "seed0/initial/run.json" in result.output


def test_check_data_lists_what_is_missing_and_fails(run):
    paper = str(ROOT / "config" / "paper.yaml")
    result = run("check-data", "--configfile", CONFIG, "--configfile", paper)
    assert result.exit_code == 1
    assert "data/YouTube-Objects" in result.output
    assert "calvin" in result.output


def test_summary_prints_the_headline_and_the_path_of_the_report(run, tmp_path):
    (tmp_path / "tables").mkdir()
    header = "experiment,stage,set,images,postprocessing,seeds,mean_iou,std"
    row = "m,initial,val,9,none,2,53.3,4.7"
    (tmp_path / "tables/segmentation.csv").write_text(f"{header}\n{row}\n")
    (tmp_path / "report.html").touch()
    result = run("summary", str(tmp_path))
    assert result.exit_code == 0
    header, target, report = result.output.splitlines()
    assert header.startswith("IoU in per cent (val, 9 images")
    assert target.split() == ["m/initial", "53.3", "±", "4.7"]
    assert report == f"Report: {tmp_path / 'report.html'}"


def test_show_prints_a_table(run, tmp_path):
    (tmp_path / "t.csv").write_text("a,b,empty\n1,x,\n2,,\n")
    result = run("show", str(tmp_path / "t.csv"))
    assert result.output.split() == ["a", "b", "1", "x", "2", "-"]


def is_folder(path):
    path.mkdir()


def is_binary(path):
    path.write_bytes(bytes(range(256)))


@pytest.mark.parametrize("make", [lambda path: None, Path.touch, is_folder, is_binary])
def test_show_names_what_is_no_table(run, tmp_path, make):
    make(tmp_path / "t.csv")
    result = run("show", str(tmp_path / "t.csv"))
    assert result.exit_code == 1
    assert result.stderr.startswith(f"mcnn: {tmp_path / 't.csv'}: it is no table (")
    assert result.stderr.endswith("Remedy: give the path of a .csv file.\n")
    assert result.stderr.count("\n") == 1


def interrupt(*_, **__):
    raise KeyboardInterrupt


def test_segment_motion_that_is_interrupted_leaves_nothing(run, tmp_path, disc, monkeypatch):
    monkeypatch.setattr("mcnn.motion.to_folder.segment_shots", interrupt)
    before = sorted(tmp_path.iterdir())
    result = run("segment-motion", disc[0], "-o", str(tmp_path / "out"))
    assert result.exit_code == 130
    assert sorted(tmp_path.iterdir()) == before


def test_predict_that_is_interrupted_leaves_no_half_image(run, tmp_path, disc, model, monkeypatch):
    monkeypatch.setattr("mcnn.prediction.to_folder.encode_labels", interrupt)
    result = run("predict", disc[0], "--model", model, "--out", str(tmp_path / "out"))
    assert result.exit_code == 130
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["labels.csv"]


def test_predict_labels_folders_whose_names_are_not_utf_8(run, tmp_path, disc, model):
    folder = (tmp_path / "frames").rename(tmp_path / "caf\udce9")
    out = tmp_path / "out\udce9"
    result = run("predict", str(folder), "--model", model, "--out", str(out), "--overlay")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("5 labelled")
    assert len(list(out.glob("*_overlay.jpg"))) == 5


@pytest.mark.parametrize("command", ["predict", "localize"])
def test_a_file_that_is_no_model_is_not_to_be_removed(run, tmp_path, disc, command):
    readme = tmp_path / "README.md"
    readme.write_text("# M-CNN")
    tag = ["--tag", "car"] if command == "localize" else []
    out = str(tmp_path / "out")
    result = run(command, disc[0], "--model", str(readme), "--out", out, *tag)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"mcnn: {readme}: this is no model of a training")
    assert "Remedy: give the model.safetensors of a training" in result.stderr


def test_commands_without_on_error_do_not_name_it(run, tmp_path, disc):
    (tmp_path / "frames" / "2.png").write_bytes(b"no image")
    for command in ("segment-motion", "label"):
        more = ["--masks", disc[2]] if command == "label" else []
        result = run(command, disc[0], *more, "-o", str(tmp_path / command))
        assert result.exit_code == 1
        assert result.stderr.endswith("Remedy: copy or unpack it again.\n")


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


@pytest.fixture
def disc(tmp_path):
    """Arguments for the frames and masks of a disc."""
    frames, masks = moving_disc(5)
    for k, (frame, mask) in enumerate(zip(frames, masks, strict=True)):
        write_image(tmp_path / "frames" / f"{k}.png", frame)
        write_image(tmp_path / "masks" / f"{k}.png", mask.astype(np.uint8) * 255)
    folders = {name: str(tmp_path / name) for name in ("frames", "masks", "out")}
    return [folders["frames"], "--masks", folders["masks"], "-o", folders["out"]]


@pytest.fixture
def model(tmp_path):
    settings = Network(architecture="shallow", width=0.2)
    path = tmp_path / "model.safetensors"
    save_network(make("shallow", 0.2), path, ("boat", "car"), settings)
    return str(path)


def test_label_without_a_model(run, tmp_path, disc):
    result = run("label", *disc, "--frames", "3")
    assert result.exit_code == 0, result.output
    assert str(tmp_path / "out" / "labels.jpg") in result.output
    assert len(list((tmp_path / "out").glob("*.png"))) == 3
    assert np.unique(Image.open(tmp_path / "out" / "2.png")).tolist() == [0, 1]


def test_label_with_a_model_writes_the_index_of_the_class(run, tmp_path, disc, model):
    # A weight of the random network near 0, so that the colours decide.
    result = run("label", *disc, "--model", model, "--tag", "car", "--alpha", "0.01")
    assert result.exit_code == 0, result.output
    assert np.unique(Image.open(tmp_path / "out" / "2.png")).tolist() == [0, 2]


@pytest.mark.parametrize("tags", [[], ["--tag", "cow"], ["--tag", "car", "--tag", "cow"]])
def test_label_names_the_classes_of_the_model(run, tmp_path, disc, model, tags):
    result = run("label", *disc, "--model", model, *tags)
    assert result.exit_code == 1
    assert "name a --tag out of boat, car" in result.output
    assert ("'cow'" in result.output) == bool(tags)
    assert not (tmp_path / "out").exists()


def test_label_names_what_is_missing(run, tmp_path, disc):
    (tmp_path / "masks" / "4.png").unlink()
    result = run("label", *disc)
    assert result.exit_code == 1
    assert "4.png: the motion mask" in result.output
    assert "mcnn segment-motion" in result.output


def test_label_of_several_tags_needs_a_model(run, disc):
    result = run("label", *disc, "--tag", "car", "--tag", "cow")
    assert result.exit_code == 2
    assert "--model" in result.output


def test_localize_writes_boxes_and_says_in_how_many_frames(run, tmp_path, disc, model):
    frames, out = disc[0], str(tmp_path / "boxes")
    result = run("localize", frames, "--model", model, "--tag", "car", "-o", out)
    assert result.exit_code == 0, result.output
    assert "of 5 frames" in result.output
    assert (tmp_path / "boxes" / "boxes.csv").is_file()


def test_localize_names_the_classes_of_the_model(run, tmp_path, disc, model):
    result = run("localize", disc[0], "--model", model, "--tag", "cow", "-o", str(tmp_path / "b"))
    assert result.exit_code == 1
    assert "'cow' is none of its classes" in result.output
    assert not (tmp_path / "b").exists()


def test_predict_labels_images_and_says_what_it_found(run, tmp_path, disc, model):
    frames, out = disc[0], tmp_path / "labels"
    command = "predict", frames, "--model", model, "--out", str(out)
    result = run(*command, "--tag", "car", "--overlay")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("5 labelled, ")
    assert f"labels are in {out}" in result.output
    assert len(list(out.glob("*_overlay.jpg"))) == 5
    result = run(*command)
    assert result.exit_code == 1
    assert "it is there already" in result.output
    assert run(*command, "--force").exit_code == 0


def test_predict_lists_what_it_could_not_read_and_fails(run, tmp_path, disc, model):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no image")
    out = tmp_path / "labels"
    result = run("predict", disc[0], str(broken), "--model", model, "--out", str(out))
    assert result.exit_code == 1
    assert "5 labelled" in result.output
    assert f"mcnn: {broken}: " in result.output
    assert not (out / "broken.png").exists()


@pytest.mark.parametrize("device", ["cuda", "gpu"])
def test_predict_names_the_devices_that_are_there(run, tmp_path, disc, model, device, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    out = tmp_path / "labels"
    result = run("predict", disc[0], "--model", model, "--out", str(out), "--device", device)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"mcnn: device: got '{device}', torch ")
    assert "can use auto, " in result.stderr
    assert not out.exists()


def test_predict_names_the_classes_of_the_model(run, tmp_path, disc, model):
    out = tmp_path / "labels"
    result = run("predict", disc[0], "--model", model, "--tag", "cow", "--out", str(out))
    assert result.exit_code == 1
    assert "'cow' is none of its classes" in result.output
    assert not out.exists()


@pytest.mark.parametrize("value", ["inf", "-inf", "nan"])
@pytest.mark.parametrize("option", ["--lambda", "--alpha"])
@pytest.mark.parametrize("command", ["label", "localize"])
def test_weights_are_finite(run, disc, tmp_path, command, option, value):
    more = ["--masks", "m"] if command == "label" else ["--model", "m", "--tag", "car"]
    result = run(command, disc[0], *more, "-o", str(tmp_path / "out"), option, value)
    assert result.exit_code == 2
    if value == "inf":
        assert result.stderr == f"mcnn: {option}: got {value}, expected: a finite number\n"
    assert not (tmp_path / "out").exists()

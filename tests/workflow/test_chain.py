"""The workflow run for real, in a copy of the checkout, on a tiny rendered world."""

import os
import re
import shutil
import signal
import subprocess
import time
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
import yaml
from tiny_run import OVERLAY, command, environment, snakemake
from trees import truncate

from mcnn.artefacts.label_maps import read_labels

pytestmark = pytest.mark.xdist_group("tiny")


def test_the_chain_ends_in_a_table_of_all_targets(finished):
    table = pd.read_csv(finished / "results/tiny/tables/segmentation.csv")
    rows = list(zip(table["experiment"], table["stage"], strict=True))
    assert rows == [
        ("em-adapt-voc", "initial"),
        ("m-cnn-hard", "initial"),
        ("m-cnn", "initial"),
        ("m-cnn", "finetuned"),
        ("m-cnn", "joint"),
        ("m-cnn-more", "joint"),
    ]
    assert table["published_row"].notna().all()
    assert table[["published", "difference"]].isna().all(axis=None)
    assert table["mean_iou"].between(0, 100).all()
    assert not list((finished / "results/tiny/models").rglob("checkpoint.pt"))


def test_the_papers_tables_show_ours_alone_in_a_rendered_world(finished):
    tables = finished / "results/tiny/tables"
    first, second = (pd.read_csv(tables / f"table{k}.csv") for k in (1, 2))
    assert dict(zip(first["source"], first["method"] + ", " + first["fov"], strict=True)) == {
        "m-cnn-hard/initial": "M-CNN* hard, large",
        "m-cnn/initial": "M-CNN*, large",
        "m-cnn/finetuned": "M-CNN, large",
    }
    (row,) = second.to_dict("records")
    assert row["source"] == "em-adapt-voc/initial"
    assert (row["method"], row["dataset"], row["split"]) == ("EM-Adapt", "VOC", "val")
    assert "difference" not in row
    assert "em-adapt-voc/initial" in (tables / "table2.md").read_text()
    assert "\\toprule" in (tables / "table2.tex").read_text()


def test_a_network_that_gains_a_class_is_evaluated_on_images_with_it(finished):
    table = pd.read_csv(finished / "results/tiny/tables/segmentation.csv").set_index("experiment")
    assert table.loc["m-cnn-more", "set"] == "voc_val_more"
    assert (table.drop("m-cnn-more")["set"] == "voc_val").all()
    for experiment, stage in table["stage"].items():
        path = f"results/tiny/evaluation/{experiment}/seed0/{stage}/confusion.csv"
        labels = pd.read_csv(finished / path)["true"].tolist()
        assert ("person" in labels) == (experiment == "m-cnn-more")
    # It is predicted, perhaps, but none of the rendered images has it.
    assert table["person"].isna().all()


def test_table_3_counts_the_shots_of_all_stages_and_the_images(finished):
    third = pd.read_csv(finished / "results/tiny/tables/table3.csv").set_index("experiment")
    data = finished / "results/tiny"
    frames = pd.read_parquet(data / "samples/youtube_objects.parquet")
    shots = frames.drop_duplicates(["video", "shot"])
    images = pd.read_parquet(data / "data/voc_train_more/images.parquet")
    assert third.loc["m-cnn-more/joint", "samples"] == len(shots) + len(images)
    images = pd.read_parquet(data / "data/voc_train/images.parquet")
    assert third.loc["em-adapt-voc/initial", "samples"] == len(images)
    assert "published_samples" not in third


def test_table_4_scores_the_boxes_of_the_targets_and_of_the_motion_masks(finished):
    table = pd.read_csv(finished / "results/tiny/tables/table4.csv")
    assert table["source"].tolist() == ["motion masks", "m-cnn/finetuned"]
    folder = finished / "results/tiny/colocalization/m-cnn/seed0/finetuned/youtube_objects"
    names = {path.name for path in folder.iterdir()}
    assert names == {"videos", "boxes.csv", "boxes.json", "corloc.csv", "boat.jpg", "car.jpg"}
    annotations = pd.read_csv(finished / "results/tiny/data/youtube_objects/annotations.csv")
    assert table["boxes"].tolist() == [len(annotations)] * 2
    assert len(annotations) > 0


def test_the_report_shows_all_parts_of_the_run(finished):
    text = (finished / "results/tiny/report.html").read_text()
    for section in (
        *("data", "results", "classes", "segmentations", "latent-labels", "colocalization"),
        *("curves", "confusion", "shots", "tables", "time", "configuration"),
    ):
        assert f'<section id="{section}">' in text
    assert "Time and memory of each rule" in text
    figures = finished / "results/tiny/figures"
    drawn = {str(p.parent.relative_to(figures)) for p in figures.rglob("pictures.csv")}
    assert "segmentations/m-cnn/seed0/joint/none" in drawn
    assert "latent_labels/m-cnn-more/seed0/joint" in drawn


def test_a_bad_setting_ends_with_its_path(finished):
    result = snakemake(finished, "--config", "on_error=sometimes", "--dry-run")
    assert result.returncode != 0
    assert "on_error: got 'sometimes' (str)" in result.stdout + result.stderr


def test_a_shot_that_cannot_be_localized_is_listed(finished, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "run")
    annotations = pd.read_csv(folder / "results/tiny/data/youtube_objects/annotations.csv")
    row = annotations[annotations["class"] == "boat"].iloc[0]
    frame = folder / f"resources/tiny/YouTube-Objects/boat/{row['frame']:08d}.jpg"
    truncate(frame)
    result = snakemake(
        folder,
        "results/tiny/tables/skipped.csv",
        *("--config", "on_error=skip", "--forcerun", "localize"),
        *("--allowed-rules", "localize", "skipped_table"),
    )
    assert result.returncode == 0, result.stderr
    skipped = pd.read_csv(folder / "results/tiny/tables/skipped.csv")
    assert skipped["item"].tolist() == [f"{row['video']}/{row['shot']}"]
    assert frame.name in skipped["reason"][0]


# While it runs; when all is written, but Snakemake does not know yet.
@pytest.mark.parametrize("there", ["checkpoint.pt", "run.json"])
def test_a_killed_training_ends_with_the_same_weights(finished, tmp_path, there):
    folder = shutil.copytree(finished, tmp_path / "run")
    model = folder / "results/tiny/models/m-cnn-hard/seed0/initial/model.safetensors"
    undisturbed = model.read_bytes()
    shutil.rmtree(model.parent)
    target = str(model.relative_to(folder))
    process = begin(folder, target)
    script = script_of(process)
    wait_for(model.with_name(there), process)
    if there == "run.json":
        os.kill(process.pid, signal.SIGSTOP)  # Or it may record the end of the script.
        while script.status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert model.with_name("checkpoint.pt").exists()
    assert model.exists() == (there == "run.json")
    assert snakemake(folder, "--unlock").returncode == 0
    result = snakemake(folder, target)
    assert result.returncode == 0, result.stderr
    (resumed,) = re.findall(r"resumed from \S+ at iteration (\d+)", log_of(model))
    assert (int(resumed) == 12) == (there == "run.json")
    assert model.read_bytes() == undisturbed
    assert not model.with_name("checkpoint.pt").exists()


def test_a_training_that_is_asked_to_end_leaves_its_state_and_is_tried_again(finished, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "run")
    model = folder / "results/tiny/models/m-cnn-hard/seed0/initial/model.safetensors"
    shutil.rmtree(model.parent)
    # Long enough to be asked while it is at work.
    training = {**OVERLAY["training"], "initial": {"iterations": 300, "warmup": 4}}
    (folder / "tiny.yaml").write_text(yaml.safe_dump({**OVERLAY, "training": training}))
    process = begin(folder, str(model.relative_to(folder)), "--retries", "1")
    script = script_of(process)
    wait_for(model.with_name("checkpoint.pt"), process)
    script.terminate()
    assert process.wait() == 0, (folder / "stopped.log").read_text()
    assert "stopped by SIGTERM" in (folder / "stopped.log").read_text()
    assert "resumed from" in log_of(model)
    assert len(pd.read_csv(model.with_name("history.csv"))) == 300


def begin(folder, *arguments):
    """A run of its own process group, like that of a terminal."""
    with (folder / "stopped.log").open("w") as output:
        return subprocess.Popen(
            command(*arguments),
            cwd=folder,
            env=environment(folder),
            start_new_session=True,
            stdout=output,
            stderr=output,
        )


def wait_for(path, process):
    deadline = time.monotonic() + 120
    while not path.exists():
        assert process.poll() is None, Path(process.args[0]).name
        assert time.monotonic() < deadline
        time.sleep(0.002)


def script_of(process):
    """The training itself, which is no child but one of a child's."""
    while process.poll() is None:
        for each in psutil.Process(process.pid).children(recursive=True):
            with suppress(psutil.Error):
                # A process that has just begun has no command line yet.
                ends = [word.endswith(".train.py") for word in each.cmdline()[-1:]]
                if any(ends) and "python" in each.name():
                    return each
        time.sleep(0.002)
    pytest.fail("no training was started")


def log_of(model):
    *_, experiment, seed, stage, _ = model.parts
    log = model.parents[4] / "logs/train" / experiment / seed / f"{stage}.log"
    return log.read_text()


def test_the_latent_labels_of_all_shots_are_written_on_request(finished):
    folder = finished / "results/tiny/latent_labels/m-cnn/seed0/initial"
    result = snakemake(finished, "--", str(folder.relative_to(finished)))
    assert result.returncode == 0, result.stderr
    frames = pd.read_parquet(finished / "results/tiny/samples/youtube_objects.parquet")
    labels = list((folder / "labels").rglob("*.png"))
    assert len(labels) == len(list((folder / "images").rglob("*.jpg"))) == len(frames)
    found = {label for path in labels for label in np.unique(read_labels(path)).tolist()}
    assert found == {0, 1, 2}
    shutil.rmtree(folder)


def test_snakemakes_own_report_has_tables_and_pictures(finished, tmp_path):
    archive = tmp_path / "report.zip"
    result = snakemake(finished, "--report", str(archive))
    assert result.returncode == 0, result.stderr
    with zipfile.ZipFile(archive) as file:
        names = {Path(name).name for name in file.namelist()}
    assert {"segmentation.csv", "car_best1.jpg", "boat.jpg", "car_0_0.jpg"} <= names

"""The workflow run for real, in a copy of the checkout, on a tiny rendered world."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import yaml
from trees import picture, write_video

ROOT = Path(__file__).parents[2]
PARTS = ["Snakefile", "rules", "workflow_scripts", "mcnn", "config.yaml", "profiles", "envs"]
MORE_CLASSES = ["boat", "car", "person"]
VOC = {"format": "pascal_voc", "root": "resources/tiny/VOCdevkit/VOC2012"}
OVERLAY = {
    "run": "tiny",
    "seeds": [0],
    "classes": ["boat", "car"],
    "demo": {
        "root": "resources/tiny",
        "classes": ["boat", "car"],
        "videos_per_class": 1,
        "shots_per_video": 3,
        "train_images": 4,
        "val_images": 4,
        "height": 64,
        "width": 80,
    },
    "datasets": {
        "youtube_objects": {
            "root": "resources/tiny/YouTube-Objects",
        }
    },
    "images": {
        "voc_train": {"root": "resources/tiny/VOCdevkit/VOC2012"},
        "voc_val": {"root": "resources/tiny/VOCdevkit/VOC2012"},
        "voc_train_more": {**VOC, "split": "train", "classes": MORE_CLASSES},
        "voc_val_more": {**VOC, "split": "val", "classes": MORE_CLASSES},
    },
    "evaluation": {"sets": ["voc_val_more", "voc_val"]},
    "experiments": {
        "em-adapt-voc": {
            "images": "voc_train",
            "stages": ["initial"],
            "override": {"labels": {"image_predictor": "em_adapt"}},
            "published": {
                "initial": [
                    {"table": "table2", "method": "EM-Adapt", "variant": "VOC"},
                    {"table": "table3", "method": "[28]", "variant": "VOC aug."},
                ],
            },
        },
        "m-cnn-more": {
            "dataset": "youtube_objects",
            "stages": ["joint"],
            "start": "m-cnn/finetuned",
            "images": "voc_train_more",
            "classes": MORE_CLASSES,
            "published": {
                "joint": {"table": "table3", "method": "M-CNN", "variant": "VOC+YTube"},
            },
        },
    },
    "targets": [
        "em-adapt-voc/initial",
        "m-cnn-hard/initial",
        "m-cnn/initial",
        "m-cnn/finetuned",
        "m-cnn/joint",
        "m-cnn-more/joint",
    ],
    "shots": {"min_frames": 10, "min_foreground": 0.001, "max_foreground": 1.0},
    "selection": {"min_iou": 0.0},
    "training": {
        "initial": {"iterations": 12, "step_size": 5, "warmup": 4},
        "finetuned": {"iterations": 2},
        "joint": {"iterations": 2},
        "iter_size": 1,
        "crop_size": 65,
        "checkpoint_every": 2,
    },
}
TRAININGS = {"train_initial", "train_finetuned", "train_joint"}


def checkout(folder):
    """A copy of the workflow and the library, which shadows the installed one."""
    folder.mkdir()
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, folder / part)
    (folder / "tiny.yaml").write_text(yaml.safe_dump(OVERLAY))
    return folder


def command(*arguments):
    # --configfile takes all that follows it up to the next option.
    options = ["--configfile", "tiny.yaml", "--cores", "2"]
    return [sys.executable, "-m", "snakemake", *options, *arguments]


def environment(folder):
    return {**os.environ, "PYTHONPATH": str(folder), "PYTHONHASHSEED": "0"}


def snakemake(folder, *arguments):
    return subprocess.run(
        command(*arguments),
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )


def jobs_to_run(folder, *targets):
    """Number of jobs of each rule that a dry run would execute."""
    result = snakemake(folder, "--dry-run", *targets)
    assert result.returncode == 0, result.stderr
    rows = (line.split() for line in result.stdout.splitlines())
    table = {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdigit()}
    return {rule: count for rule, count in table.items() if not rule.endswith(":")}


def rules_to_run(folder):
    """Rules that a dry run would execute."""
    return set(jobs_to_run(folder)) - {"total", "all"}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = checkout(tmp_path_factory.mktemp("workflow") / "run")
    result = snakemake(folder)
    assert result.returncode == 0, result.stderr
    return folder


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


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
    assert table["published"].tolist() == [35.8, 29.9, 33.6, 41.2, 51.0, 39.8]
    assert table["mean_iou"].between(0, 100).all()
    assert not list((finished / "results/tiny/models").rglob("checkpoint.pt"))


def test_the_papers_tables_show_ours_beside_the_published(finished):
    tables = finished / "results/tiny/tables"
    first, second = (pd.read_csv(tables / f"table{k}.csv") for k in (1, 2))
    ours = dict(zip(first["method"] + ", " + first["fov"], first["experiment"], strict=True))
    assert ours["M-CNN, large"] == "m-cnn/finetuned"
    assert ours["EM-Adapt, small"] == "not run"
    row = second[second["experiment"] == "em-adapt-voc/initial"].iloc[0]
    assert (row["method"], row["dataset"], row["published"]) == ("EM-Adapt", "VOC", 35.8)
    assert row["difference"] == pytest.approx(row["ours"] - 35.8, abs=0.011)
    assert "not run" in (tables / "table1.md").read_text()
    assert "\\toprule" in (tables / "table2.tex").read_text()


def test_a_network_that_gains_a_class_is_evaluated_on_images_with_it(finished):
    table = pd.read_csv(finished / "results/tiny/tables/segmentation.csv").set_index("experiment")
    assert table.loc["m-cnn-more", "set"] == "voc_val_more"
    assert (table.drop("m-cnn-more")["set"] == "voc_val").all()
    assert table["person"].notna().tolist() == [False] * 5 + [True]


def test_table_3_counts_the_shots_of_all_stages_and_the_images(finished):
    third = pd.read_csv(finished / "results/tiny/tables/table3.csv").set_index("experiment")
    data = finished / "results/tiny"
    frames = pd.read_parquet(data / "samples/youtube_objects.parquet")
    shots = frames.drop_duplicates(["video", "shot"])
    images = pd.read_parquet(data / "data/voc_train_more/images.parquet")
    assert third.loc["m-cnn-more/joint", "samples"] == len(shots) + len(images)
    images = pd.read_parquet(data / "data/voc_train/images.parquet")
    assert third.loc["em-adapt-voc/initial", "samples"] == len(images)
    assert third.loc["m-cnn-more/joint", "published_samples"] == 3139


def test_table_4_scores_the_boxes_of_the_targets_and_of_the_motion_masks(finished):
    table = pd.read_csv(finished / "results/tiny/tables/table4.csv")
    ours = table[table["source"] != "published"]
    assert ours["source"].tolist() == ["motion masks", "m-cnn/finetuned"]
    folder = finished / "results/tiny/colocalization/m-cnn/seed0/finetuned"
    names = {path.name for path in folder.iterdir()}
    assert names == {"videos", "boxes.csv", "boxes.json", "corloc.csv", "boat.jpg", "car.jpg"}
    annotations = pd.read_csv(finished / "results/tiny/data/youtube_objects/annotations.csv")
    assert ours["boxes"].tolist() == [len(annotations)] * 2
    assert len(annotations) > 0


def test_nothing_is_left_to_do(finished):
    assert rules_to_run(finished) == set()


def test_an_edit_of_a_comment_or_docstring_reruns_nothing(finished):
    path = finished / "mcnn/labels/motion_potential.py"
    before = path.read_text()
    edit(path, "SMALLEST_SHARE", "# One in a thousand.\nSMALLEST_SHARE")
    edit(path, '"""psi_m: what', '"""psi_m, or what')
    try:
        assert rules_to_run(finished) == set()
    finally:
        path.write_text(before)


def test_an_edit_of_the_label_code_reruns_the_trainings_and_what_follows(finished):
    path = finished / "mcnn/labels/motion_potential.py"
    before = path.read_text()
    edit(path, "SMALLEST_SHARE = 1e-3", "SMALLEST_SHARE = 2e-3")
    try:
        rerun = rules_to_run(finished)
    finally:
        path.write_text(before)
    assert rerun >= {*TRAININGS, "select_shots", "evaluate", "segmentation_table"}
    assert not rerun & {"render_demo", "manifest", "segment_motion", "prune_shots", "sample_frames"}


@pytest.mark.parametrize(
    ("section", "key", "value", "expected"),
    [
        ("selection", "min_iou", 0.01, {"select_shots", "train_finetuned", "train_joint"}),
        ("shots", "max_foreground", 0.9, {"prune_shots", "sample_frames", *TRAININGS}),
        ("evaluation", "postprocessing", "dense_crf", {"evaluate", "segmentation_table"}),
        ("colocalization", "alpha", 3, {"localize", "score_videos", "table4"}),
        ("colocalization", "rule", "one_box", {"score_videos", "score_motion", "table4"}),
    ],
)
def test_a_setting_reruns_what_depends_on_it(finished, section, key, value, expected):
    path = finished / "tiny.yaml"
    before = path.read_text()
    overlay = yaml.safe_load(before)
    overlay.setdefault(section, {})[key] = value
    path.write_text(yaml.safe_dump(overlay))
    try:
        rerun = rules_to_run(finished)
    finally:
        path.write_text(before)
    assert rerun >= expected
    assert not rerun & {"render_demo", "manifest", "segment_motion", "image_set"}
    if section == "selection":
        assert not rerun & {"sample_frames", "train_initial"}
    if section in ("evaluation", "colocalization"):
        assert not rerun & TRAININGS
    if key == "rule":
        assert "localize" not in rerun


def test_a_bad_setting_ends_with_its_path(finished):
    result = snakemake(finished, "--config", "on_error=sometimes", "--dry-run")
    assert result.returncode != 0
    assert "on_error: got 'sometimes' (str)" in result.stdout + result.stderr


def test_a_killed_training_ends_with_the_same_weights(finished):
    model = finished / "results/tiny/models/m-cnn-hard/seed0/initial/model.safetensors"
    undisturbed = model.read_bytes()
    model.unlink()
    target = str(model.relative_to(finished))
    checkpoint = model.with_name("checkpoint.pt")
    with (finished / "killed.log").open("w") as output:
        process = subprocess.Popen(
            command(target),
            cwd=finished,
            env=environment(finished),
            start_new_session=True,
            stdout=output,
            stderr=output,
        )
    deadline = time.monotonic() + 120
    while not checkpoint.exists():
        assert process.poll() is None, (finished / "killed.log").read_text()
        assert time.monotonic() < deadline
        time.sleep(0.002)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not model.exists()
    assert checkpoint.exists()
    assert snakemake(finished, "--unlock").returncode == 0
    result = snakemake(finished, target)
    assert result.returncode == 0, result.stderr
    log = (finished / "results/tiny/logs/train/m-cnn-hard/seed0/initial.log").read_text()
    assert "resumed from" in log
    assert model.read_bytes() == undisturbed


OWN_SHOTS = "results/tiny/data/own/shots.parquet"
OWN_PRUNED = "results/tiny/shots/own/pruned.csv"


def write_two_shots(path):
    return write_video(path, [picture(seed, (48, 64)) for seed in (0, 1) for _ in range(9)])


@pytest.fixture
def own_videos(tmp_path):
    """A checkout with a dataset of two videos, one of them of two shots."""
    folder = checkout(tmp_path / "run")
    write_two_shots(folder / "videos/boat/a.mp4")
    write_video(folder / "videos/car/b 1.avi", [picture(0, (48, 64))] * 9, "MJPG")
    own = {"format": "video_folder", "root": "videos"}
    overlay = {**OVERLAY, "datasets": {**OVERLAY["datasets"], "own": own}}
    (folder / "tiny.yaml").write_text(yaml.safe_dump(overlay))
    return folder


def shots_of(folder):
    table = pd.read_parquet(folder / OWN_SHOTS)
    return list(zip(table["video"], table["first"], table["last"], strict=True))


def test_a_new_video_is_the_only_one_that_is_analysed(own_videos):
    result = snakemake(own_videos, OWN_PRUNED)
    assert result.returncode == 0, result.stderr
    expected = [("boat-a", 0, 8), ("boat-a", 9, 17), ("car-b_1", 0, 8)]
    assert shots_of(own_videos) == expected
    masks = sorted((own_videos / "results/tiny/motion/own").iterdir())
    written = [path.stat().st_mtime_ns for path in masks]
    write_two_shots(own_videos / "videos/car/c.mp4")
    assert jobs_to_run(own_videos, OWN_SHOTS) == {"detect_shots": 1, "manifest": 1, "total": 2}
    result = snakemake(own_videos, OWN_PRUNED)
    assert result.returncode == 0, result.stderr
    assert [path.stat().st_mtime_ns for path in masks] == written
    assert len(pd.read_csv(own_videos / OWN_PRUNED)) == 5
    assert shots_of(own_videos) == [*expected, ("car-c", 0, 8), ("car-c", 9, 17)]


def test_a_video_that_does_not_decode_stops_or_is_listed(own_videos):
    (own_videos / "videos/car/broken.mp4").write_bytes(b"no video")
    result = snakemake(own_videos, OWN_SHOTS)
    assert result.returncode != 0
    assert "videos/car/broken.mp4: the video does not decode. Remedy: re-encode" in result.stderr
    result = snakemake(own_videos, OWN_SHOTS, "--config", "on_error=skip")
    assert result.returncode == 0, result.stderr
    skipped = pd.read_csv(own_videos / "results/tiny/data/own/skipped.csv")
    assert skipped["item"].tolist() == ["car/broken.mp4"]
    assert "the video does not decode" in skipped["reason"][0]
    assert len(shots_of(own_videos)) == 3

"""An edit reruns what depends on it, and nothing else: real edits of a finished run, dry runs.

The expected jobs are written from what each stage reads, not from what the code does.
"""

import os
import shutil
from contextlib import ExitStack, contextmanager

import pytest
import yaml
from tiny_run import jobs_to_run, snakemake

pytestmark = pytest.mark.xdist_group("tiny")

# The run trains em-adapt-voc on images alone, and on the samples of one dataset m-cnn-hard, m-cnn
# in three stages, and m-cnn-more after m-cnn's second; m-cnn's second localizes.
TABLES = {"segmentation_table": 1, "paper_tables": 4}
OF_TABLES_OF_SHOTS = {"segmentation_table": 1, "paper_tables": 3}
CONFIG = {"checked_config": 1}
PICTURES = ("segmentation_examples", "latent_labels")
LOCALIZED = {
    "localize": 1,
    "score_videos": 1,
    "localization_sheets": 1,
    "table4": 1,
    "skipped_table": 1,
}
DIVIDED = {**LOCALIZED, "superpixels": 1}
AFTER_THE_SELECTION = {
    **{"train_finetuned": 1, "train_joint": 2, "evaluate": 3},
    **LOCALIZED,
    **OF_TABLES_OF_SHOTS,
}
AFTER_THE_SAMPLES = {
    **AFTER_THE_SELECTION,
    **{"train_initial": 2, "select_shots": 1, "evaluate": 5},
}
TRAININGS = {**AFTER_THE_SAMPLES, **TABLES, "train_initial": 3, "evaluate": 6}
PRUNING = {**AFTER_THE_SAMPLES, "prune_shots": 1, "sample_frames": 1, "shots_table": 1}
MOTION = {**PRUNING, "segment_motion": 2, "score_motion": 1}
SAMPLING = {**AFTER_THE_SAMPLES, "sample_frames": 1}
IMAGES = {
    **{"image_set": 4, "train_initial": 1, "train_joint": 2, "evaluate": 6, "skipped_table": 1},
    **TABLES,
}


@contextmanager
def replaced(path, old, new):
    """The text of a file edited; afterwards as it was, its time included."""
    before, times = path.read_text(), path.stat()
    assert before.count(old) >= 1
    path.write_text(before.replace(old, new, 1))
    try:
        yield
    finally:
        path.write_text(before)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


@contextmanager
def configured(folder, keys, value):
    """A setting of the run's YAML file."""
    path = folder / "tiny.yaml"
    before = path.read_text()
    overlay = section = yaml.safe_load(before)
    *above, last = keys.split("/")
    for key in above:
        section = section.setdefault(key, {})
    section[last] = value
    path.write_text(yaml.safe_dump(overlay))
    try:
        yield
    finally:
        path.write_text(before)


def rerun(folder):
    """Number of jobs of each rule that a dry run would execute, but those of pictures.

    Whatever is made anew, so is the report.
    """
    jobs = jobs_to_run(folder)
    jobs.pop("all", None)
    jobs.pop("total", None)
    assert jobs.pop("report", 0) == bool(jobs)
    return {rule: count for rule, count in jobs.items() if rule not in PICTURES}


def test_nothing_is_left_to_do(finished):
    assert rerun(finished) == {}


def test_what_people_read_and_how_jobs_run_change_nothing(finished):
    texts = [
        ("labels/motion_potential.py", "SMALLEST_SHARE", "# Why.\nSMALLEST_SHARE"),
        ("labels/motion_potential.py", '"""psi_m: what', '"""psi_m, or what'),
        ("config/training.py", 'description="Momentum of SGD."', 'description="Inertia."'),
        ("errors.py", "Remedy: ", "What helps: "),
        ("training/stage.py", "there is no shot to train on", "no shot is left"),
        ("training/loop.py", "the loss is {row.loss}", "a loss of {row.loss}"),
        ("__init__.pyi", "GridCut", "Grid"),
        ("../workflow_scripts/train.py", "# Optional inputs", "# Inputs that"),
    ]
    of_jobs = {
        **{"threads": 2, "device": "auto", "on_error": "skip"},
        **{"training/checkpoint_every": 3, "training/checkpoint_minutes": 3},
    }
    with ExitStack() as stack:
        for file, old, new in texts:
            stack.enter_context(replaced(finished / "mcnn" / file, old, new))
        for key, value in of_jobs.items():
            stack.enter_context(configured(finished, key, value))
        assert rerun(finished) == {}


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        # Code: the stage that runs it and what follows.
        ("labels/motion_potential.py", "SMALLEST_SHARE = 1e-3", "SMALLEST_SHARE = 2e-3", TRAININGS),
        ("mixtures/gmm.py", "BITS = 5", "BITS = 4", {**MOTION, **TRAININGS}),
        ("motion/flow.py", "PRESET_MEDIUM", "PRESET_FAST", MOTION),
        ("colocalization/segment.py", "HIGH = 0.5", "HIGH = 0.6", LOCALIZED),
        ("imaging/slic.py", "COMPACTNESS = 30.0", "COMPACTNESS = 31.0", {**MOTION, **DIVIDED}),
        ("report/segmentation.py", "ddof=1", "ddof=0", TABLES),
        ("report/paper_tables.py", '"not run"', '"not there"', {"paper_tables": 4}),
        ("report/colocalization.py", '"[29] FOS"', '"FOS"', {"table4": 1}),
        ("report/published/table1.csv", "33.6", "33.7", {**TABLES, "paper_tables": 1}),
        ("report/published/table4.csv", "50.1", "50.2", {"table4": 1}),
        # The default of a section: what reads that section.
        ("config/motion.py", "default=30.0", "default=31.0", {**MOTION, **CONFIG}),
        ("config/shots.py", "default=20", "default=21", PRUNING),
        ("config/network.py", "default=1.0", "default=0.9", TRAININGS),
        ("config/labels.py", "default=0.02", "default=0.03", TRAININGS),
        (
            *("config/selection.py", "default=0.2", "default=0.3"),
            {**AFTER_THE_SELECTION, "select_shots": 1},
        ),
        ("config/training.py", "default=0.9", "default=0.91", TRAININGS),
        (
            "config/evaluation.py",
            'default="none"',
            'default="dense_crf"',
            {**TABLES, "evaluate": 6},
        ),
        (
            *("config/colocalization.py", "default=480", "default=481"),
            {**DIVIDED, "score_motion": 1},
        ),
        ("config/images.py", "default=128", "default=129", IMAGES),
    ],
)
def test_an_edit_of_a_file(finished, file, old, new, expected):
    with replaced(finished / "mcnn" / file, old, new):
        assert rerun(finished) == expected


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("shots/max_foreground", 0.9, PRUNING),
        ("motion/slic_iterations", 3, MOTION),
        ("motion/videos_per_job", 2, {**MOTION, "segment_motion": 1}),
        ("shots/min_confidence", 0.1, PRUNING),
        ("shots/longer_side", 90, SAMPLING),
        ("selection/min_iou", 0.01, {**AFTER_THE_SELECTION, "select_shots": 1}),
        ("evaluation/postprocessing", "dense_crf", {**TABLES, "evaluate_dense_crf": 6}),
        ("colocalization/alpha", 3, LOCALIZED),
        ("colocalization/superpixels", 300, DIVIDED),
        ("colocalization/frames", "all", DIVIDED),
        ("colocalization/rule", "one_box", {"score_videos": 1, "score_motion": 1, "table4": 1}),
        # An experiment that nothing starts from, and one that all others start from.
        (
            "experiments/m-cnn-hard/override/training",
            {"initial": {"alpha": 3}},
            {"train_initial": 1, "evaluate": 1, "segmentation_table": 1, "paper_tables": 1},
        ),
        (
            "experiments/m-cnn/override",
            {"training": {"finetuned": {"alpha": 3}}},
            AFTER_THE_SELECTION,
        ),
        (
            "seeds",
            [0, 1],
            {
                **{"train_initial": 3, "train_finetuned": 1, "train_joint": 2, "select_shots": 1},
                **{"evaluate": 6, "localize": 1, "score_videos": 1, "table4": 1},
                **{"skipped_table": 1},
                **TABLES,
            },
        ),
        (
            "datasets/youtube_objects/ground_truth/splits",
            ["Test"],
            {
                **{"annotations": 1, "score_motion": 1, "skipped_table": 1},
                **DIVIDED,
            },
        ),
    ],
)
def test_an_edit_of_a_setting(finished, key, value, expected):
    with configured(finished, key, value):
        jobs = rerun(finished)
    assert jobs == {**expected, **CONFIG}


def test_files_that_are_touched_but_not_changed(finished):
    files = [
        path
        for top in ("results", "resources")
        for path in (finished / top).rglob("*")
        if path.is_file()
    ]
    times = {path: path.stat() for path in files}
    latest = max(each.st_mtime for each in times.values()) + 60
    try:
        for path in files:
            # Each later than all it was made from, but in the order of their names.
            os.utime(path, (latest, latest))
            latest += 0.01
        assert rerun(finished) == {}
    finally:
        for path, each in times.items():
            os.utime(path, ns=(each.st_atime_ns, each.st_mtime_ns))


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("evaluation/examples.py", "WIDTH = 240", "WIDTH = 250", {"segmentation_examples": 6}),
        ("evaluation/latent_labels.py", "FRAMES = 2", "FRAMES = 3", {"latent_labels": 2}),
        ("report/page.py", "PICTURE_BYTES = 3", "PICTURE_BYTES = 4", {}),
        ("report/templates/report.css", "font: 16px", "font: 17px", {}),
    ],
)
def test_an_edit_of_pictures_and_page(finished, file, old, new, expected):
    with replaced(finished / "mcnn" / file, old, new):
        jobs = jobs_to_run(finished)
    assert jobs.pop("total") == sum(expected.values()) + 2
    assert jobs == {**expected, "report": 1, "all": 1}


def test_without_images_to_evaluate_on_there_are_pictures(finished):
    """Of each target; nothing is trained or evaluated for them."""
    run = "results/tiny/predictions"
    unevaluated = ["--config", "evaluation={sets: []}"]
    wanted = jobs_to_run(finished, *unevaluated)
    assert wanted == {
        "all": 1,
        "predictions": 6,
        "skipped_table": 1,
        "checked_config": 1,
        "report": 1,
        "total": 10,
    }
    target = f"{run}/m-cnn/seed0/finetuned"
    result = snakemake(finished, target, *unevaluated)
    assert result.returncode == 0, result.stderr
    assert {path.name for path in (finished / target).glob("*.jpg")} == {"boat.jpg", "car.jpg"}
    shutil.rmtree(finished / run)

"""The workflow in a copy of the checkout, on a tiny rendered world."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
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
    "motion": {"videos_per_job": 1},
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

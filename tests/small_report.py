"""The files of a small run that a report is made of, and what they say."""

from pathlib import Path

import numpy as np
import pandas as pd
import records
import yaml
from PIL import Image as Pillow

from mcnn.artefacts.images import Image, write_images
from mcnn.artefacts.pictures import EXAMPLES, LATENT, write_pictures
from mcnn.artefacts.pruned import pruned_table, write_pruned
from mcnn.artefacts.shots import Shot, write_shots
from mcnn.report.run_files import RunFiles

CLASSES = ["car", "boat"]
LABELS = ["background", *CLASSES]
REASON = "shorter than 20 frames (7)"
CONFIG = {
    "run": "small",
    "seeds": [0, 1],
    "classes": CLASSES,
    "demo": {"enabled": False},
    "datasets": {
        "own": {"format": "video_folder", "root": "clips", "motion": {"format": "segment"}}
    },
    "images": {"val": {"format": "pascal_voc", "root": "VOC2012", "split": "val"}},
    "experiments": {"m": {"classes": None}},
    "stages": {"m": {"initial": {"images": None}}},
    "evaluated_on": {"m": ["val"]},
}
SEEDS = (0, 1)
IOUS = {0: [0.9, 0.5, 0.1], 1: [0.8, 0.7, 0.2]}


def write_picture(path, size=(60, 240)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(np.full((*size, 3), 90, np.uint8)).save(path)
    return path


def write_csv(path, table):
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(table).to_csv(path, index=False)
    return path


def write_table(folder, **changes):
    """A table of results in per cent, as `mcnn.report.segmentation` makes it."""
    row = {
        **{"experiment": "m", "stage": "initial", "set": "val", "split": "val", "images": 9},
        **{"postprocessing": "none", "seeds": 2, "samples": 3, "mean_iou": 53.33, "std": 4.71},
        **{"published_row": "table1: M-CNN*, large", "papers_data": False},
        **{"published": None, "difference": None},
        **{"background": 85.0, "car": 60.0, "boat": 15.0},
    }
    return write_csv(folder / "tables/segmentation.csv", [row | changes])


def small_run(folder, **changes):
    """Files of a run of one experiment, one stage and two seeds; `changes` are of `RunFiles`."""
    (folder / "config.yaml").write_text(yaml.safe_dump(CONFIG))
    shots = [
        Shot("a", 0, 0, 29, ("car",), "folder", "a", 1),
        Shot("a", 1, 30, 36, ("car",), "folder", "a", 2),
        Shot("<b>", 0, 0, 29, ("boat",), "folder", "b", 1),
    ]
    write_shots(shots, folder / "shots.parquet")
    pruned = [
        ("a", 0, 0, 29, True, "", 0),
        ("a", 1, None, None, False, REASON, 0),
        ("<b>", 0, 0, 29, True, "", 0),
    ]
    write_pruned(pruned_table(pruned), folder / "pruned.csv")
    write_images([Image("x", "x.jpg", "x.png", ("car",))], folder / "images.parquet")
    ious, confusions, histories, runs = {}, {}, {}, {}
    for seed in SEEDS:
        key = ("m", "initial", seed)
        iou = {"set": "val", "images": 9, "postprocessing": "none"}
        values = [*IOUS[seed], sum(IOUS[seed]) / 3]
        table = pd.DataFrame({"class": [*LABELS, "mean"], "iou": values}).assign(**iou)
        ious[*key, "none"] = write_csv(folder / f"iou{seed}.csv", table)
        counts = {"set": "val", "true": LABELS, "predicted_background": [8, 1, 4]}
        counts |= {"predicted_car": [1, 3, 0], "predicted_boat": [1, 0, 0]}
        confusions[*key, "none"] = write_csv(folder / f"confusion{seed}.csv", counts)
        history = {"iteration": range(6), "loss": np.linspace(2, 1, 6), "learning_rate": 0.1}
        history |= {"agreement": np.linspace(0.5, 0.7, 6)}
        histories[key] = write_csv(folder / f"history{seed}.csv", history)
        path = folder / f"run{seed}.json"
        runs[key] = records.write(path, dataset="own", seconds=60.0, seen_shots=["a/0", "<b>/0"])
    example = write_picture(folder / "examples/car_best.jpg")
    row = [(example.name, "car", "best", "x", 0.5)]
    write_pictures(pd.DataFrame(row, columns=list(EXAMPLES)), example.parent, EXAMPLES)
    latent = write_picture(folder / "latent/car_0_0.jpg")
    row = [(latent.name, "car", "a", 0, 0, "motion mask")]
    write_pictures(pd.DataFrame(row, columns=list(LATENT)), latent.parent, LATENT)
    sheet = write_picture(folder / "sheets/car.jpg")
    shot = {"video": ["a", "<b>"], "shot": 0, "overlap": [0.5, 0.1], "selected": [True, False]}
    selected = write_csv(folder / "selected.csv", shot | {"reason": ["", "overlap below 0.2"]})
    counts = {"dataset": "own", "class": ["car", "boat", "all"], "videos": [1, 1, 2]}
    counts |= {"shots": [2, 1, 3], "kept": [1, 1, 2], "collapsed": 0}
    skipped = {"list": ["data/own/skipped.csv"], "item": ["c"], "reason": ["does not decode"]}
    measured = {"s": [90.0], "max_rss": [512.0]}
    (folder / "benchmarks/evaluate").mkdir(parents=True)
    pd.DataFrame(measured).to_csv(folder / "benchmarks/evaluate/m.tsv", sep="\t", index=False)
    given = {
        "config": folder / "config.yaml",
        "tables": {
            "segmentation": write_table(folder),
            "shots": write_csv(folder / "tables/shots.csv", counts),
            "skipped": write_csv(folder / "tables/skipped.csv", skipped),
        },
        "shots": {"own": folder / "shots.parquet"},
        "pruned": {"own": folder / "pruned.csv"},
        "images": {"val": folder / "images.parquet"},
        "records": runs,
        "histories": histories,
        "selected": {("own", "m", 0): selected},
        "ious": ious,
        "confusions": confusions,
        "examples": {("m", "initial", 0, "none"): example.parent},
        "latent_labels": {("m", "initial", 0): latent.parent},
        "sheets": {("m", "initial", 0, "own"): {"car": sheet}},
        "predictions": {},
        "benchmarks": Path(folder / "benchmarks"),
    }
    return RunFiles(**{**given, **changes})

import math
from pathlib import Path

import pytest
import yaml

from mcnn.artefacts.annotations import AnnotatedBox, write_annotations
from mcnn.artefacts.shots import Shot, write_shots
from mcnn.config.resolve import load_settings
from mcnn.experiments import pace
from mcnn.experiments.graph import ExperimentGraph
from mcnn.experiments.plan import totals
from mcnn.experiments.plan_localizations import plan_localizations
from mcnn.experiments.steps import Step

SHOTS = [
    Shot("boat", 0, 1, 100, ("boat",), "numbered", "boat/%04d.png", 0),
    Shot("boat", 1, 101, 130, ("boat",), "numbered", "boat/%04d.png", 0),
    Shot("car", 0, 1, 20, ("car",), "numbered", "car/%04d.png", 0),
]
CONFIG = yaml.safe_load("""
seeds: [0, 1]
classes: [boat, car]
datasets:
  videos:
    format: youtube_objects
    root: videos
    ground_truth: {format: youtube_objects_mat}
images:
  voc: {format: pascal_voc, root: VOC2012, split: train}
network: {architecture: shallow, weights: none}
experiments:
  base: {dataset: videos, stages: [initial, finetuned]}
  hard: {dataset: videos, stages: [initial]}
targets: [base/initial]
evaluation: {sets: [voc]}
""")
FIRST, SECOND = "base/finetuned@videos", "hard/initial@videos"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The folder that runs lie in."""
    monkeypatch.chdir(tmp_path)


def settings_of(*targets, **colocalization):
    return load_settings({**CONFIG, "colocalization": {"targets": list(targets), **colocalization}})


def listed(settings):
    data = Path("results", settings.run, "data/videos")
    data.mkdir(parents=True)
    write_shots(SHOTS, data / "shots.parquet")
    return data


def test_targets_have_the_frames_of_the_dataset_and_the_seeds_of_their_experiment(monkeypatch):
    monkeypatch.setattr(pace, "seconds_per_frame", lambda record, settings: 2.0)
    settings = settings_of(FIRST, SECOND, frames="all")
    data = listed(settings)
    scored = Path(data.parents[1], "colocalization/base/seed1/finetuned/videos")
    scored.mkdir(parents=True)
    (scored / "corloc.csv").touch()
    table = plan_localizations(settings, timing=9)
    assert table.drop(columns="hours").to_numpy().tolist() == [
        ["base", "finetuned", "videos", 150, 2, 1, 2.0],
        ["hard", "initial", "videos", 150, 2, 0, 2.0],
    ]
    assert table["hours"].tolist() == pytest.approx([300 / 3600] * 2)
    expected = "4 localizations needed: 1 done, 3 missing, about 0.25 hours"
    assert totals(table, "localizations") == expected


def test_of_annotated_frames_only_those_with_boxes_count():
    settings = settings_of(FIRST, frames="annotated")
    data = listed(settings)
    assert math.isnan(plan_localizations(settings)["frames"].item())
    boxes = [("boat", 0, 5), ("boat", 0, 5), ("boat", 0, 7), ("car", 0, 3)]
    found = [AnnotatedBox(*where, "boat", 1, 1, 9 + k, 9, "") for k, where in enumerate(boxes)]
    write_annotations(found, data / "annotations.csv")
    assert plan_localizations(settings)["frames"].item() == 3


def test_without_a_list_of_shots_the_cost_is_unknown(monkeypatch):
    monkeypatch.setattr(pace, "seconds_per_frame", lambda *_: 2.0)
    table = plan_localizations(settings_of(FIRST, frames="all"), timing=9)
    assert table["frame_seconds"].item() == 2
    line = "2 localizations needed: 0 done, 2 missing, of unknown cost"
    assert totals(table, "localizations") == line


def test_what_costs_the_same_is_timed_once_and_nothing_without_time(monkeypatch):
    timed = []
    monkeypatch.setattr(pace, "seconds_per_frame", lambda *given: timed.append(given) or 2.0)
    settings = settings_of(FIRST, SECOND, frames="all")
    listed(settings)
    assert plan_localizations(settings)["hours"].isna().all()
    assert timed == []
    plan_localizations(settings, timing=9)
    ((record, given),) = timed
    assert given is settings
    assert record.network == ExperimentGraph(settings).records[Step("base", "finetuned")].network


def test_nothing_is_planned_without_targets():
    assert len(plan_localizations(settings_of(frames="all"))) == 0


def test_frames_take_time():
    settings = settings_of(FIRST, longer_side=64, superpixels=40)
    record = ExperimentGraph(settings).records[Step("base", "finetuned")]
    assert 0 < pace.seconds_per_frame(record, settings) < 60

import math
from pathlib import Path

import pandas as pd
import pytest
import records
import yaml

from mcnn.config.resolve import load_settings, stage_records
from mcnn.errors import DataError
from mcnn.experiments.graph import ExperimentGraph
from mcnn.experiments.plan import SAME_ARCHITECTURE, SAME_SETTINGS, TIMED, plan, totals

CONFIG = {
    "seeds": [0, 1],
    "classes": ["boat", "car"],
    "datasets": {"videos": {"format": "video_folder", "root": "videos"}},
    "images": {"voc": {"format": "pascal_voc", "root": "VOC2012", "split": "train"}},
    "network": {"architecture": "shallow", "weights": "none"},
    "training": {
        name: {"iterations": iterations, "learning_rate": 0.1, "step_size": 9, "alpha": 1}
        for name, iterations in (("initial", 600), ("finetuned", 200), ("joint", 100))
    },
    "experiments": {
        "base": {"dataset": "videos", "stages": ["initial", "finetuned"]},
        "hard": {
            "dataset": "videos",
            "stages": ["initial"],
            "override": {"labels": {"predictor": "hard"}},
        },
        "more": {
            "dataset": "videos",
            "stages": ["joint"],
            "start": "base/finetuned",
            "images": "voc",
        },
        "other": {"dataset": "videos", "stages": ["finetuned"], "start": "hard/initial"},
        "still": {
            "images": "voc",
            "stages": ["initial"],
            "override": {
                "labels": {"image_predictor": "em_adapt"},
                "network": {"architecture": "squeezenet1_1", "weights": "imagenet"},
            },
        },
    },
    "evaluation": {"sets": ["voc"]},
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The folder that runs lie in."""
    monkeypatch.chdir(tmp_path)


def settings_of(*targets, **changes):
    return load_settings({**CONFIG, "targets": list(targets), **changes})


def finish(settings, training, seed, seconds):
    """Leave what a finished training leaves."""
    experiment, stage = training.split("/")
    folder = Path("results", settings.run, "models") / experiment / f"seed{seed}" / stage
    folder.mkdir(parents=True)
    record = stage_records(settings, experiment)[stage].model_dump(mode="json", by_alias=True)
    (folder / "model.safetensors").touch()
    records.write(folder / "run.json", seconds=seconds, **record)
    return folder


def trainings(table):
    return [f"{row.experiment}/{row.stage}" for row in table.itertuples()]


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        (["hard/initial"], ["hard/initial"]),
        (["base/finetuned"], ["base/initial", "base/finetuned"]),
        # Through the start of another chain; in order whatever the order of the targets.
        (["more/joint"], ["base/initial", "base/finetuned", "more/joint"]),
        (
            ["more/joint", "hard/initial", "base/initial", "base/finetuned"],
            ["base/initial", "base/finetuned", "more/joint", "hard/initial"],
        ),
    ],
)
def test_what_the_targets_need_is_listed_once_in_order(targets, expected):
    assert trainings(plan(settings_of(*targets))) == expected


def test_a_row_says_what_is_trained_on_what():
    table = plan(settings_of("more/joint", "still/initial"))
    columns = ["data", "supervision", "iterations", "start", "seeds", "done"]
    assert table[columns].to_numpy().tolist() == [
        ["videos", "soft", 600, "none", 2, 0],
        ["videos", "soft", 200, "base/initial", 2, 0],
        ["videos + voc", "soft + network_only", 100, "base/finetuned", 2, 0],
        ["voc", "em_adapt", 600, "imagenet", 2, 0],
    ]
    assert table["hours"].isna().all()
    assert totals(table) == "8 trainings needed: 0 done, 8 missing, of unknown cost"


def test_done_are_the_seeds_of_the_run_with_model_and_record():
    settings = settings_of("base/finetuned")
    finish(settings, "base/initial", 0, 60)
    finish(settings, "base/initial", 7, 60)  # A seed that is not of the run.
    (finish(settings, "base/initial", 1, 60) / "model.safetensors").unlink()
    (finish(settings, "base/finetuned", 0, 60) / "run.json").unlink()
    assert plan(settings)["done"].tolist() == [1, 0]


def test_a_training_has_the_seeds_of_all_that_need_it():
    experiments = {name: dict(chain) for name, chain in CONFIG["experiments"].items()}
    experiments["base"]["seeds"] = [1, 2]
    experiments["more"]["seeds"] = [5]
    settings = settings_of("base/finetuned", "more/joint", "hard/initial", experiments=experiments)
    assert ExperimentGraph(settings).needed() == {
        ("base", "initial"): (1, 2, 5),
        ("base", "finetuned"): (1, 2, 5),
        ("more", "joint"): (5,),
        ("hard", "initial"): (0, 1),
    }
    assert plan(settings)["seeds"].tolist() == [3, 3, 1, 2]


def test_hours_come_from_the_same_settings_before_the_same_architecture():
    settings = settings_of("base/finetuned", "hard/initial", "still/initial")
    for seed, seconds in ((0, 600), (1, 1200), (2, 6000)):
        finish(settings, "base/initial", seed, seconds)  # 1, 2 and 10 an iteration
    finish(settings, "hard/initial", 0, 1800)  # 3 an iteration
    table = plan(settings)
    assert trainings(table) == ["base/initial", "base/finetuned", "hard/initial", "still/initial"]
    assert table["estimate"].tolist() == [SAME_SETTINGS, SAME_ARCHITECTURE, SAME_SETTINGS, ""]
    # Medians: 2 of (1, 2, 10), 2.5 of (1, 2, 3, 10), 3.
    expected = [600 * 2 / 3600, 200 * 2.5 / 3600, 600 * 3 / 3600]
    assert table["hours"].tolist()[:3] == pytest.approx(expected)
    assert math.isnan(table["hours"][3])
    # Missing: both seeds of finetuned, one of hard, both of still.
    assert totals(table) == (
        "8 trainings needed: 3 done, 5 missing, about 0.78 hours and 2 of unknown cost"
    )


def test_other_settings_tell_by_the_architecture_only():
    finish(settings_of("base/initial"), "base/initial", 0, 600)
    changed = settings_of("base/initial", labels={"lambda": 3})
    assert plan(changed)["estimate"].tolist() == [SAME_ARCHITECTURE]


def test_where_a_training_starts_does_not_change_its_cost():
    settings = settings_of("other/finetuned")
    finish(settings, "base/finetuned", 0, 600)
    table = plan(settings)
    assert trainings(table) == ["hard/initial", "other/finetuned"]
    assert table["estimate"].tolist() == [SAME_ARCHITECTURE, SAME_SETTINGS]


def test_totals_of_a_finished_run_name_no_hours():
    table = pd.DataFrame({"seeds": [2, 1], "done": [2, 1], "hours": [1.0, math.nan]})
    assert totals(table) == "3 trainings needed: 3 done, 0 missing"


def test_the_demos_chains_share_their_stages(request):
    root = request.config.rootpath
    config = yaml.safe_load((root / "config.yaml").read_text())
    table = plan(load_settings(config))
    # m-cnn-hard/initial, m-cnn/initial, finetuned and joint with three seeds each.
    assert len(table) == 4
    assert totals(table).startswith("12 trainings needed: 0 done, 12 missing")


@pytest.mark.parametrize("content", ["{", "[]", '{"seconds": 3}', '{"settings": {}, "seconds": 1}'])
def test_a_broken_record_is_named(content):
    settings = settings_of("base/initial")
    folder = finish(settings, "base/initial", 0, 60)
    (folder / "run.json").write_text(content)
    with pytest.raises(DataError, match=r"seed0/initial/run\.json: .*not a record"):
        plan(settings)


@pytest.fixture
def timed(monkeypatch):
    """The trainings whose updates are timed, of which the k-th takes k seconds an update."""
    records = []

    def seconds_per_update(record, frames_per_sample, device, threads):
        assert (frames_per_sample, device, threads) == (10, "auto", 4)
        records.append(record)
        return len(records)

    monkeypatch.setattr("mcnn.experiments.pace.seconds_per_update", seconds_per_update)
    return records


def test_updates_are_timed_where_no_run_tells_once_for_those_that_cost_the_same(timed):
    """Fine-tuning does what the initial training does, on other shots."""
    settings = settings_of("base/finetuned", "hard/initial", "more/joint")
    table = plan(settings, timing=60)
    assert trainings(table) == ["base/initial", "base/finetuned", "hard/initial", "more/joint"]
    assert [record.labels.predictor for record in timed] == ["soft", "hard", "soft"]
    assert [record.images for record in timed] == [None, None, "voc"]
    seconds = [600 * 1, 200 * 1, 600 * 2, 100 * 3]
    assert table["hours"].tolist() == pytest.approx([s / 3600 for s in seconds])
    assert (table["estimate"] == TIMED).all()


def test_a_finished_training_tells_more_than_a_timed_one_of_the_same_architecture(timed):
    settings = settings_of("base/initial", "hard/initial")
    finish(settings, "base/initial", 0, 60)
    table = plan(settings, timing=60)
    assert table["estimate"].tolist() == [SAME_SETTINGS, TIMED]
    assert table["hours"].tolist() == pytest.approx([60 / 3600, 600 / 3600])
    assert [record.labels.predictor for record in timed] == ["hard"]
    assert plan(settings)["estimate"].tolist() == [SAME_SETTINGS, SAME_ARCHITECTURE]


def test_nothing_is_timed_unless_asked_for(timed):
    assert plan(settings_of("base/initial"))["hours"].isna().all()
    assert timed == []


def test_no_timing_begins_after_the_time_for_it(monkeypatch):
    clock = [0.0]

    def seconds_per_update(*_):
        clock[0] += 40
        return 1

    monkeypatch.setattr("mcnn.experiments.pace.seconds_per_update", seconds_per_update)
    monkeypatch.setattr("mcnn.experiments.plan.time.monotonic", lambda: clock[0])
    table = plan(settings_of("base/finetuned", "hard/initial", "still/initial"), timing=60)
    assert table["estimate"].tolist() == [TIMED, TIMED, TIMED, ""]
    assert clock == [80]

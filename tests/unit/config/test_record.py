"""From a configuration to the record of each training."""

import sys

import pytest

from mcnn.config.resolve import load_settings, plain, shaping, stage_records
from mcnn.errors import ConfigError

STAGES = ["initial", "finetuned", "joint"]


def stage(iterations, learning_rate, step_size, alpha, warmup):
    return {
        **{"iterations": iterations, "learning_rate": learning_rate, "step_size": step_size},
        **{"alpha": alpha, "warmup": warmup},
    }


TRAINING = {
    "initial": stage(11, 0.1, 12, 1.3, 14),
    "finetuned": stage(21, 0.2, 22, 2.3, 24),
    "joint": stage(31, 0.3, 32, 3.3, 34),
}


def configuration(override=None, training=None, **experiment):
    """Two experiments, of which `chain` has the overrides."""
    voc = {"format": "pascal_voc", "root": "voc", "split": "val"}
    chain = {"dataset": "own", "stages": STAGES, "images": "voc"} | experiment
    return {
        "classes": ["cat", "dog"],
        "seeds": [3, 4],
        "datasets": {"own": {"format": "video_folder", "root": "videos"}},
        "images": {"voc": voc, "more": {**voc, "classes": ["dog", "cat", "cow"]}},
        "network": {"architecture": "shallow", "width": 0.5},
        "labels": {"rounds": 3, "lambda": 7, "gamma": 0.25},
        "training": {**TRAINING, "momentum": 0.7, "checkpoint_every": 50, **(training or {})},
        "experiments": {
            "chain": {**chain, "override": override or {}},
            "other": {"dataset": "own", "stages": STAGES[:1]},
        },
        "targets": ["other/initial"],
        "evaluation": {"sets": ["voc"]},
    }


def records(*arguments, **options):
    return stage_records(load_settings(configuration(*arguments, **options)), "chain")


def test_each_stage_has_its_own_iterations_rate_step_alpha_and_warm_up():
    assert {name: r.stage.model_dump() for name, r in records().items()} == TRAINING


def test_an_override_of_a_stage_changes_that_stage_and_nothing_else():
    before = records()
    for name in STAGES:
        for key, value in stage(5, 0.5, 6, 0.25, 7).items():
            after = records({"training": {name: {key: value}}})
            assert after.pop(name).stage.model_dump() == {**TRAINING[name], key: value}
            assert after == {other: before[other] for other in STAGES if other != name}


def test_overrides_are_merged_into_the_runs_settings():
    override = {
        "network": {"width": 0.25},
        "labels": {"lambda": 9, "predictor": "hard"},
        "training": {"momentum": 0.5, "iter_size": 4, "joint": {"alpha": 0}},
    }
    found = records(override)
    for name in STAGES:
        record = found[name]
        assert (record.network.architecture, record.network.width) == ("shallow", 0.25)
        labels = record.labels
        assert (labels.lambda_, labels.rounds, labels.gamma) == (9, 3, 0.25)
        assert (labels.predictor, labels.image_predictor) == ("hard", "network_only")
        assert (record.optimizer.momentum, record.optimizer.iter_size) == (0.5, 4)
        assert record.stage.alpha == (0 if name == "joint" else TRAINING[name]["alpha"])
    other = stage_records(load_settings(configuration(override)), "other")["initial"]
    assert (other.network.width, other.labels.lambda_, other.optimizer.momentum) == (0.5, 7, 0.7)
    assert list(found) == STAGES


def test_inputs_of_a_stage_are_those_it_trains_on():
    found = records()
    assert {record.dataset for record in found.values()} == {"own"}
    assert [record.images for record in found.values()] == [None, None, "voc"]
    assert [record.start for record in found.values()] == [
        *(None, "chain/initial", "chain/finetuned"),
    ]
    assert {record.classes for record in found.values()} == {("cat", "dog")}
    later = records(stages=STAGES[1:], start="other/initial")
    assert [record.start for record in later.values()] == ["other/initial", "chain/finetuned"]
    classes = ["dog", "cat", "cow"]
    alone = records(dataset=None, stages=STAGES[:1], images="more", classes=classes)["initial"]
    assert (alone.dataset, alone.images, alone.start) == (None, "more", None)
    assert alone.classes == ("dog", "cat", "cow")


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ({"labels": {"rounds": 0}}, "experiments.chain.override.labels.rounds: got 0 (int)"),
        ({"labels": {"gama": 1}}, "experiments.chain.override.labels.gama: unknown key"),
        ({"network": {"width": 2}}, "experiments.chain.override.network.width: got 2 (int)"),
        ({"training": {"joint": {"alpha": -1}}}, "override.training.joint.alpha: got -1 (int)"),
        ({"training": {"last": {"alpha": 1}}}, "override.training.last: unknown key"),
        ({"training": {"momentum": "0.9"}}, "override.training.momentum: got '0.9' (str)"),
    ],
)
def test_an_override_that_does_not_fit_is_refused_with_its_path(override, expected):
    with pytest.raises(ConfigError) as caught:
        load_settings(configuration(override))
    assert expected in str(caught.value)


@pytest.mark.parametrize("key", ["predictor", "image_predictor"])
def test_a_record_changes_with_the_code_of_a_predictor_of_ones_own(tmp_path, monkeypatch, key):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "own_predictor", raising=False)
    file = tmp_path / "own_predictor.py"

    def code(text):
        file.write_text(text)
        # A file is read once in a run of the workflow.
        sys.modules["mcnn.provenance"]._tree.cache_clear()
        found = records({"labels": {key: "own_predictor:build"}})
        return {record.plug_in_code for record in found.values()}

    (first,), (second,) = code("def build(): return 1\n"), code("def build(): return 2\n")
    assert first != second
    assert code("# A comment.\ndef build(): return 1\n") == {first}
    assert {record.plug_in_code for record in records().values()} == {""}


@pytest.mark.parametrize("name", ["no_such_module:build", "no_such.module:build"])
def test_a_predictor_that_cannot_be_imported_is_refused(name):
    with pytest.raises(ConfigError, match=f"got '{name}', expected module:factory"):
        records({"labels": {"predictor": name}})


def test_a_predictor_that_its_module_has_not_is_refused_before_any_run(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "my_predictor.py").write_text("build_it = 3\ndef build_mine(): return 1\n")
    with pytest.raises(
        ConfigError, match=r"no function 'build_mien' \(did you mean 'build_mine'\?\)"
    ):
        records({"labels": {"predictor": "my_predictor:build_mien"}})
    with pytest.raises(ConfigError, match="no function 'build_it'"):
        records({"labels": {"image_predictor": "my_predictor:build_it"}})


def test_the_plain_configuration_has_all_that_follows_from_it():
    override = {"training": {"checkpoint_every": 9}, "labels": {"lambda": 9}}
    config = configuration(override)
    config["experiments"]["other"]["seeds"] = [8]
    settings = load_settings(config)
    found = plain(settings)
    record = stage_records(settings, "chain")["joint"].model_dump(mode="json", by_alias=True)
    assert found["stages"]["chain"]["joint"] == record
    assert (record["labels"]["lambda"], found["labels"]["lambda"]) == (9, 7)
    assert {name: list(stages) for name, stages in found["stages"].items()} == {
        "chain": STAGES,
        "other": ["initial"],
    }
    assert found["checkpoints"] == {
        "chain": {"checkpoint_every": 9, "checkpoint_minutes": 5},
        "other": {"checkpoint_every": 50, "checkpoint_minutes": 5},
    }
    seeds = {name: each["seeds"] for name, each in found["experiments"].items()}
    assert seeds == {"chain": [3, 4], "other": [8]}
    assert found["evaluated_on"] == {"chain": ["voc"], "other": ["voc"]}


@pytest.mark.parametrize(
    ("change", "shapes"),
    [
        ({"device": "cuda"}, False),
        ({"threads": 9}, False),
        ({"on_error": "skip"}, False),
        ({"training": {**TRAINING, "checkpoint_every": 9}}, False),
        ({"training": {**TRAINING, "checkpoint_minutes": 9}}, False),
        ({"training": {**TRAINING, "momentum": 0.1}}, True),
        ({"selection": {"min_iou": 0.3}}, True),
        ({"seeds": [5]}, True),
    ],
)
def test_how_jobs_run_shapes_no_result(change, shapes):
    config = configuration(training={"momentum": 0.9})
    config["training"] = TRAINING
    before, after = (shaping(plain(load_settings(c))) for c in (config, {**config, **change}))
    assert (before != after) == shapes


@pytest.mark.parametrize("architecture", ["mobilenet_v2", "squeezenet1_1", "timm:resnet18"])
def test_a_frozen_backbone_may_look_at_whole_frames(architecture):
    override = {
        "network": {"architecture": architecture},
        "training": {"backbone_multiplier": 0, "backbone_input": "frames"},
    }
    assert records(override)["initial"].optimizer.backbone_input == "frames"


@pytest.mark.parametrize(
    ("training", "architecture", "problem"),
    [
        ({"backbone_multiplier": 0.1}, "mobilenet_v2", "its backbone learns .* is 0.1"),
        ({"backbone_multiplier": 0}, "shallow", "layers of shallow would have to be trained"),
        ({"backbone_multiplier": 0}, "deeplab_small_fov", "layers of deeplab_small_fov"),
    ],
)
def test_no_other_one_may(training, architecture, problem):
    override = {
        "network": {"architecture": architecture},
        "training": {"backbone_input": "frames", **training},
    }
    with pytest.raises(ConfigError, match=f"of the experiment chain: got frames.* {problem}"):
        records(override)

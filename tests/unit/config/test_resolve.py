import json
from pathlib import Path

import pytest
import yaml

from mcnn.config.resolve import load_settings, plain
from mcnn.config.settings import Settings
from mcnn.errors import ConfigError

ROOT = Path(__file__).parents[3]


def resolve(config):
    return plain(load_settings(config))


@pytest.fixture
def config():
    return yaml.safe_load((ROOT / "config.yaml").read_text())


def test_the_demo_configuration_is_valid(config):
    assert load_settings(config).run == "demo"


BELOW = {"youtube_objects_v1.yaml": ["paper.yaml"]}
"""What an overlay goes on top of beside the demo."""


@pytest.mark.parametrize("overlay", sorted(p.name for p in (ROOT / "config").glob("*.yaml")))
def test_every_overlay_is_valid_on_top_of_what_it_is_for(config, overlay):
    def merge(base, changes):
        for key, value in changes.items():
            if isinstance(value, dict) and isinstance(base.get(key), dict):
                merge(base[key], value)
            else:
                base[key] = value

    for name in (*BELOW.get(overlay, ()), overlay):
        merge(config, yaml.safe_load((ROOT / "config" / name).read_text()))
    assert load_settings(config)


def test_the_schema_on_disk_is_the_models(config):
    stored = json.loads((ROOT / "config" / "config.schema.json").read_text())
    assert stored == Settings.model_json_schema(by_alias=True), (
        "write it anew: mcnn config-schema > config/config.schema.json"
    )


def test_config_yaml_holds_every_setting(config):
    full = load_settings(config).model_dump(by_alias=True)
    missing = [
        f"{section}.{key}"
        for section, values in full.items()
        if isinstance(values, dict)
        # A preset decides on the constants of the motion segmentation that are not given.
        and section not in ("datasets", "images", "experiments", "motion")
        for key in values
        if key not in config[section]
    ]
    assert missing == []
    assert set(config) == set(full)


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("labels", "lamda"), 3, "labels.lamda: unknown key (value 3)"),
        (("shots", "min_frames"), "many", "shots.min_frames: got 'many' (str), expected: input"),
        (("shots", "min_frames"), "20", "shots.min_frames: got '20' (str)"),
        (("shots", "min_frames"), 0, "greater than or equal to 1"),
        (("training", "crop_size"), 320, "crop_size must be 1 more than a multiple of 8"),
        (("targets",), ["m-cnn/last"], "targets.0: got 'm-cnn/last', expected one of"),
        (("targets",), ["m-cnn/initial/crf"], "targets.0: got 'm-cnn/initial/crf', expected one"),
        (("evaluation", "sets"), ["x"], "evaluation.sets.0: got 'x', expected one of"),
        (("colocalization", "targets"), ["x/initial"], "colocalization.targets.0: got 'x/initial'"),
        (("colocalization", "targets"), ["m-cnn/initial@x"], "colocalization.targets.0: got 'x'"),
        (
            ("datasets", "youtube_objects", "ground_truth"),
            None,
            "colocalization.targets.0: got 'm-cnn/finetuned', expected `ground_truth` in",
        ),
        (("experiments", "m-cnn", "dataset"), "x", "experiments.m-cnn.dataset: got 'x'"),
        (("experiments", "m-cnn", "images"), None, "the stage 'joint' needs `images`"),
        (("experiments", "m-cnn", "stages"), ["finetuned"], "needs `start`"),
        (("experiments", "m-cnn", "stages"), ["initial", "joint"], "must be consecutive"),
        (
            ("experiments", "m-cnn-hard", "override", "labels", "predictor"),
            "sft",
            "experiments.m-cnn-hard.override.labels.predictor: got 'sft'",
        ),
        (("experiments", "m-cnn", "start"), "m-cnn-hard/initial", "'initial' has no `start`"),
        (("experiments", "m-cnn", "dataset"), None, "has the stage 'initial' alone"),
        (("experiments", "m-cnn-hard", "dataset"), None, "without `dataset` needs `images`"),
    ],
)
def test_a_bad_value_is_refused_with_its_path(config, path, value, expected):
    section = config
    for key in path[:-1]:
        section = section[key]
    section[path[-1]] = value
    with pytest.raises(ConfigError) as error:
        resolve(config)
    assert expected in str(error.value)


TABLE_1 = {"table": "table1", "method": "M-CNN", "variant": "large", "postprocessing": None}
TABLE_2 = {"table": "table2", "method": "M-CNN", "variant": "YTube", "postprocessing": "none"}


@pytest.mark.parametrize("given", [TABLE_1, [TABLE_1], [TABLE_1, TABLE_2], []])
def test_a_stage_has_one_published_row_or_several(config, given):
    config["experiments"]["m-cnn"]["published"] = {"finetuned": given}
    rows = resolve(config)["experiments"]["m-cnn"]["published"]["finetuned"]
    assert rows == (given if isinstance(given, list) else [given])


@pytest.mark.parametrize("given", ["table1", [TABLE_1, "x"], {"table": "table1"}, None])
def test_a_published_row_that_is_none_is_refused(config, given):
    config["experiments"]["m-cnn"]["published"] = {"finetuned": given}
    with pytest.raises(ConfigError, match=r"experiments\.m-cnn\.published\.finetuned"):
        resolve(config)


def test_a_row_that_two_targets_claim_is_refused(config):
    config["experiments"]["m-cnn"]["published"] = {"initial": TABLE_1, "finetuned": [TABLE_1]}
    claim = r"targets\.2: got 'm-cnn/finetuned', .*'m-cnn/initial/none'"
    with pytest.raises(ConfigError, match=claim):
        resolve(config)
    config["targets"].remove("m-cnn/initial")
    assert resolve(config)


def test_an_experiment_has_the_runs_seeds_or_its_own(config):
    config["experiments"]["m-cnn"]["seeds"] = [7]
    experiments = resolve(config)["experiments"]
    assert list(experiments["m-cnn"]["seeds"]) == [7]
    assert list(experiments["m-cnn-hard"]["seeds"]) == config["seeds"]


def add_more_classes(config):
    """An experiment with a class more than the run, and its images."""
    more = [*config["classes"], "sofa"]
    config["images"]["more"] = {**config["images"]["voc_train"], "classes": more}
    config["experiments"]["more"] = {"images": "more", "stages": ["initial"], "classes": more}
    config["targets"].append("more/initial")


def test_a_network_is_evaluated_on_the_sets_of_its_classes(config):
    add_more_classes(config)
    config["evaluation"]["sets"] = ["voc_val", "more", "voc_train"]
    evaluated_on = resolve(config)["evaluated_on"]
    assert list(evaluated_on["more"]) == ["more"]
    assert list(evaluated_on["m-cnn"]) == ["voc_val", "voc_train"]


def test_a_target_without_a_set_of_its_classes_is_refused(config):
    add_more_classes(config)
    with pytest.raises(ConfigError, match=r"targets\.4: got 'more/initial', expected one of"):
        resolve(config)


def test_without_any_set_all_targets_are_accepted(config):
    add_more_classes(config)
    config["evaluation"]["sets"] = []
    assert resolve(config)["evaluated_on"]["more"] == []


def test_images_with_a_class_that_the_network_lacks_are_refused(config):
    add_more_classes(config)
    del config["experiments"]["more"]["classes"]
    with pytest.raises(ConfigError, match=r"experiments\.more\.images: .* the class 'sofa'"):
        resolve(config)


def test_a_record_changes_with_its_own_stage_only(config):
    before = resolve(config)["stages"]["m-cnn"]
    config["training"]["joint"]["iterations"] += 1
    after = resolve(config)["stages"]["m-cnn"]
    changed = [stage for stage in before if before[stage] != after[stage]]
    assert changed == ["joint"]


def test_chains_that_start_from_each_other_are_refused(config):
    for name, other in (("a", "b"), ("b", "a")):
        config["experiments"][name] = {
            "dataset": "youtube_objects",
            "stages": ["finetuned"],
            "start": f"{other}/finetuned",
        }
    with pytest.raises(ConfigError, match="leads back to 'a'"):
        load_settings(config)

"""Every name in docs/method.md is that of something: code, a setting, a file, a test."""

import ast
import re
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from mcnn.cli import app
from mcnn.config.resolve import load_settings, plain
from mcnn.config.settings import Settings
from mcnn.errors import ConfigError

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
PAGE = (ROOT / "docs" / "method.md").read_text()
FILES = ["config.yaml", "config/paper.yaml", "config/youtube_objects_v1.yaml"]
NOT_IN_THE_REPOSITORY = {"../shared/data"}


def merged(base, changes):
    both = isinstance(base, dict) and isinstance(changes, dict)
    return base | {k: merged(base.get(k), v) for k, v in changes.items()} if both else changes


@cache
def given():
    """The paper's configuration and its overlay for the older boxes, as written."""
    config = {}
    for name in FILES:
        config = merged(config, yaml.safe_load((ROOT / name).read_text()))
    return config


@cache
def configuration():
    return plain(load_settings(given()))


def is_code(name):
    module, attributes = name, []
    while module == "mcnn" or module.startswith("mcnn."):
        try:
            found = import_module(module)
        except ModuleNotFoundError:
            module, _, last = module.rpartition(".")
            attributes.insert(0, last)
            continue
        for attribute in attributes:
            found = getattr(found, attribute, None)
        return found is not None
    return False


def is_setting(name):
    """A path of keys; or YAML that the configuration allows on top of it."""
    if ": " in name:
        try:
            return bool(load_settings(merged(given(), yaml.safe_load(name))))
        except ConfigError:
            return False
    found = configuration()
    for key in name.split("."):
        if not isinstance(found, dict) or key not in found:
            return False
        found = found[key]
    return True


@cache
def values():
    """All that settings list as allowed."""

    def enumerated(schema):
        children = schema.values() if isinstance(schema, dict) else schema
        mine = schema.get("enum", []) if isinstance(schema, dict) else []
        nested = (child for child in children if isinstance(child, (dict, list)))
        return {*map(str, mine), *(value for child in nested for value in enumerated(child))}

    return enumerated(Settings.model_json_schema())


def is_value(name):
    return name in values()


def is_target(name):
    found = configuration()
    return name in {*found["targets"], *found["colocalization"]["targets"]}


def is_file(name):
    return name in NOT_IN_THE_REPOSITORY or any(
        (folder / name).exists() for folder in (ROOT, TESTS, TESTS / "unit")
    )


@cache
def functions_of(path):
    body = ast.parse(path.read_text()).body
    return {node.name for node in body if isinstance(node, ast.FunctionDef)}


def is_test(name):
    file, _, test = name.partition("::")
    paths = [folder / file for folder in (TESTS, TESTS / "unit")]
    return any(test in functions_of(path) for path in paths if file and path.is_file())


def is_command(name):
    program, *words = name.split()
    commands = get_command(app).commands
    if program != "mcnn" or not words or words[0] not in commands:
        return False
    options = {option for each in commands[words[0]].params for option in each.opts}
    return set(words[1:]) <= options


KINDS = (is_code, is_test, is_value, is_target, is_file, is_command, is_setting)


@cache
def is_known(name):
    return any(kind(name) for kind in KINDS)


def unknown(text):
    names = dict.fromkeys(re.findall(r"`([^`]+)`", text))
    return [name for name in names if not is_known(name)]


def test_every_name_is_that_of_something():
    assert unknown(PAGE) == []


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("mcnn.shots.prune.prune_shot", "mcnn.shots.prune.prune_shots"),
        ("mcnn.networks.deeplab.DeepLab", "mcnn.networks.deep_lab.DeepLab"),
        ("labels.gamma", "labels.gama"),
        ("training.initial.step_size", "training.first.step_size"),
        ("experiments.m-cnn.seeds", "experiments.m-cnn-22.seeds"),
        ("images.voc_train_20", "images.voc_train_21"),
        ("motion: {preset: fos-2013}", "motion: {preset: fos-2012}"),
        ("shots: {longer_side: null}", "shots: {longest_side: null}"),
        ("deeplab_small_fov", "deeplab_medium_fov"),
        ("em-adapt-20/initial/dense_crf", "em-adapt-20/initial/crf"),
        ("m-cnn/finetuned@youtube_objects_v1", "m-cnn/finetuned@youtube_objects_v3"),
        ("config/config.schema.json", "config/config.schema.yaml"),
        ("mcnn segment-motion --flow", "mcnn segment-motion --flows"),
        ("labels/test_cut.py::test_two_labels_are_minimised_exactly", "labels/test_cut.py::test_x"),
        (
            "shots/test_prune.py::test_a_shot_needs_20_frames",
            "shots/test_pruning.py::test_a_shot_needs_20_frames",
        ),
        ("config/test_paper.py", "config/test_papers.py"),
    ],
)
def test_another_name_is_noticed(name, other):
    assert f"`{name}`" in PAGE
    assert unknown(PAGE.replace(f"`{name}`", f"`{other}`")) == [other]


def rows():
    """Cells of the rows of all tables."""
    lines = [line for line in PAGE.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [each for each in cells if each[0] != "what" and not each[0].startswith("--")]


def test_every_row_names_a_test_or_says_that_there_is_none():
    assert {len(cells) for cells in rows()} == {6}
    pinned = [(cells[0], re.findall(r"`([^`]+\.py[^`]*)`", cells[5])) for cells in rows()]
    assert [what for what, tests in pinned if not tests] == ["shots that remain"]
    assert all(is_test(test) or is_file(test) for _, tests in pinned for test in tests)

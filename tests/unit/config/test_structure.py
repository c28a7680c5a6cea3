import math
from pathlib import Path

import pytest
import yaml

from mcnn.config.colocalization import Colocalization
from mcnn.config.files import read_settings
from mcnn.config.labels import Labels
from mcnn.config.resolve import load_settings
from mcnn.config.structure import DEEPEST, MOST
from mcnn.errors import ConfigError

BASE = Path(__file__).parents[3] / "config.yaml"


def changed(path, value):
    """The project's configuration with another value at a path."""
    config = yaml.safe_load(BASE.read_text())
    *parents, last = path.split(".")
    place = config
    for key in parents:
        place = place.setdefault(key, {})
    place[last] = value
    return config


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("motion.preset", [], r"motion\.preset: got \[\]"),
        ("motion.preset", {}, r"motion\.preset: got \{\}"),
        ("seeds", [2**70], r"seeds\.0: got a number of more than 64 bits"),
        ("seeds", [2**32], r"seeds\.0: got 4294967296"),
        ("seeds", [-1], r"seeds\.0: got -1"),
        ("labels.lambda", math.inf, r"labels\.lambda: got inf, expected: a finite number"),
        ("labels.gamma", math.nan, r"labels\.gamma: got nan"),
        (
            "experiments.m-cnn.override",
            {"labels": {"lambda": -math.inf}},
            r"override\.labels\.lambda: got -inf",
        ),
        ("run", "..", r"run: got '\.\.'"),
        ("run", "a/b", r"run: got 'a/b'"),
        ("run", "a\n", r"run: got 'a\\n'"),
        ("run", "a" * 5000, r"run: got 'aaa"),
        ("run", "a\0", r"run: got 'a\\x00'"),
        ("run", "caf\udce9", r"run: got 'caf\\udce9'"),
        ("classes", ["dog", ".."], r"classes\.1: got '\.\.'"),
        ("classes", ["dog", "a/b"], r"classes\.1: got 'a/b'"),
        ("classes", ["dog", "a\nb"], r"classes\.1: got 'a\\nb'"),
        ("classes", ["dog", ""], r"classes\.1: got ''"),
        ("labels.predictor", "sys:exit", r"labels: got 'sys:exit'"),
    ],
)
def test_values_that_yaml_knows_and_no_setting_has(path, value, problem):
    with pytest.raises(ConfigError, match=problem):
        load_settings(changed(path, value))


@pytest.mark.parametrize("section", ["datasets", "images", "experiments"])
@pytest.mark.parametrize("name", ["..", "a/b", "a\nb", "a\n", "", "-a", "x" * 101])
def test_names_are_no_paths(section, name):
    config = changed("run", "demo")
    config[section][name] = next(iter(config[section].values()))
    with pytest.raises(ConfigError, match=rf"{section}\."):
        load_settings(config)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("run: &a [*a]", "levels"),
        ("demo: &a {x: {y: *a}}", "levels"),
        (f"run: {'[' * 40}{']' * 40}", f"more than {DEEPEST} levels"),
        (f"run: {'[' * 5000}{']' * 5000}", "nested too deeply"),
        ("2024-05-06: 1", r"the key datetime\.date\(2024, 5, 6\) \(date\), expected: a text"),
        ("1: 1", r"the key 1 \(int\)"),
        ("run: 2024-13-45", "it is not valid YAML"),
        (f"seeds: [{'9' * 5000}]", "it is not valid YAML|64 bits"),
        ("? [a, b]\n: 1", "it is not valid YAML"),
        ("run: !!python/object/apply:os.system [id]", "it is not valid YAML"),
        (r'run: "\ud800"', "UTF-8"),
    ],
)
def test_files_that_yaml_reads_and_json_does_not(tmp_path, monkeypatch, text, problem):
    monkeypatch.chdir(tmp_path)
    Path("o.yaml").write_text(text)
    with pytest.raises(ConfigError, match=rf"^o\.yaml: (?s:.)*({problem})"):
        read_settings([Path("o.yaml")])


def test_anchors_in_anchors_are_counted_not_followed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 20)]
    Path("o.yaml").write_text("\n".join(lines))
    with pytest.raises(ConfigError, match=rf"more than {MOST} values"):
        read_settings([Path("o.yaml")])


@pytest.mark.parametrize("section", [Labels, Colocalization])
@pytest.mark.parametrize("value", [math.inf, math.nan])
def test_sections_by_themselves_refuse_infinity(section, value):
    with pytest.raises(ValueError, match="finite"):
        section.model_validate({"lambda": value})

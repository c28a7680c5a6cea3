from pathlib import Path

import pytest
import yaml

from mcnn.config.files import read_settings
from mcnn.errors import ConfigError

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with the project's config.yaml."""
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_bytes((ROOT / "config.yaml").read_bytes())
    return tmp_path


def test_files_lie_on_top_of_one_another_and_all_on_the_base(folder):
    Path("a.yaml").write_text(yaml.safe_dump({"run": "a", "labels": {"gamma": 0.25}}))
    Path("b.yaml").write_text(yaml.safe_dump({"run": "b"}))
    base = read_settings([])
    found = read_settings([Path("a.yaml"), Path("b.yaml")])
    assert (base.run, found.run) == ("demo", "b")
    assert found.labels == base.labels.model_copy(update={"gamma": 0.25})
    assert found.targets == base.targets


def test_elsewhere_the_files_are_all_there_is(folder):
    Path("config.yaml").rename("other.yaml")
    assert read_settings([Path("other.yaml")]).run == "demo"
    with pytest.raises(ConfigError, match=r"config\.yaml: the file cannot be read .*--configfile"):
        read_settings([])


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "the file cannot be read"),
        (b"a: [", "it is not valid YAML"),
        (b"\xff\xfe\xff", "it is not valid YAML"),
        (b"- list", "it holds no settings"),
        (b"", "it holds no settings"),
    ],
)
def test_a_file_that_is_none_is_named_with_a_remedy(folder, content, problem):
    if content is not None:
        Path("o.yaml").write_bytes(content)
    with pytest.raises(ConfigError, match=rf"^o\.yaml: {problem}.*Remedy: "):
        read_settings([Path("o.yaml")])

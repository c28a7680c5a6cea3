"""Where the workflow lies, and that what names a version of the package names this one."""

from pathlib import Path

import pytest
import yaml

import mcnn
from mcnn import workflow
from mcnn.workflow import snakefile_path

ROOT = Path(__file__).parents[2]


def test_the_workflow_of_a_checkout_is_its_own():
    assert snakefile_path() == ROOT / "Snakefile"


def test_the_workflow_of_an_installed_package_lies_in_it(tmp_path, monkeypatch):
    (tmp_path / "rules").mkdir()
    (tmp_path / "Snakefile").touch()
    monkeypatch.setattr(workflow, "INSTALLED", tmp_path)
    assert snakefile_path() == tmp_path / "Snakefile"


def test_a_library_without_its_workflow_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(workflow, "__file__", str(tmp_path / "mcnn" / "workflow.py"))
    with pytest.raises(FileNotFoundError, match="install mcnn anew"):
        snakefile_path()


def test_environment_and_citation_name_the_version_of_the_package():
    environment = yaml.safe_load((ROOT / "envs" / "mcnn.yaml").read_text())
    assert environment["dependencies"][-1] == {"pip": [f"mcnn-segmentation=={mcnn.__version__}"]}
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == mcnn.__version__

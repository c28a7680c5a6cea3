"""The workflow outside its checkout, out of a wheel: as a module, and by its Snakefile."""

import subprocess
import sys
import zipfile

import pytest
import yaml
from tiny_run import OVERLAY, PARTS, ROOT, jobs_to_run, snakemake

MODULE = """\
from mcnn.workflow import snakefile_path

module mcnn:
    snakefile: snakefile_path()

use rule * from mcnn
"""
SHOTS = "results/tiny/data/youtube_objects/shots.parquet"
WORKFLOW = "mcnn/workflow_files"


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """A folder with an unpacked wheel, a configuration, and no file of the checkout."""
    dist = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(dist)]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True)
    (wheel,) = dist.glob("*.whl")
    folder = tmp_path_factory.mktemp("elsewhere")
    zipfile.ZipFile(wheel).extractall(folder)
    (folder / "config.yaml").write_text((ROOT / "config.yaml").read_text())
    (folder / "tiny.yaml").write_text(yaml.safe_dump(OVERLAY))
    (folder / "Snakefile").write_text(MODULE)
    return folder


def test_a_wheel_holds_the_whole_workflow(elsewhere):
    for part in set(PARTS) - {"mcnn"} | {"config"}:
        path = ROOT / part
        files = path.rglob("*") if path.is_dir() else [path]
        names = {str(file.relative_to(ROOT)) for file in files if file.is_file()}
        names = {name for name in names if "__pycache__" not in name}
        assert names
        missing = {name for name in names if not (elsewhere / WORKFLOW / name).is_file()}
        assert missing == set()


def test_the_command_names_the_snakefile_of_the_wheel(elsewhere):
    # With -c, the working directory comes first among the places of modules.
    command = [sys.executable, "-c", "from mcnn.cli import app; app(['workflow'])"]
    result = subprocess.run(command, cwd=elsewhere, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == str(elsewhere / WORKFLOW / "Snakefile")


def test_a_module_of_another_snakefile_plans_all_jobs(elsewhere):
    jobs = jobs_to_run(elsewhere, "--forceall")
    expected = {"render_demo": 1, "train_initial": 3, "train_finetuned": 1, "train_joint": 2}
    expected |= {"evaluate": 6, "select_shots": 1, "table4": 1, "all": 1}
    assert {rule: jobs.get(rule) for rule in expected} == expected


def test_a_module_of_another_snakefile_runs_the_scripts_of_the_wheel(elsewhere):
    result = snakemake(elsewhere, "--", SHOTS)
    assert result.returncode == 0, result.stderr
    assert (elsewhere / SHOTS).is_file()
    assert not (elsewhere / WORKFLOW / "results").exists()


def test_the_snakefile_runs_in_another_folder(elsewhere):
    options = ("--snakefile", f"{WORKFLOW}/Snakefile", "--directory", "results/other")
    result = snakemake(elsewhere, "--dry-run", *options, "--configfile", "config.yaml", "tiny.yaml")
    assert result.returncode == 0, result.stderr
    assert "train_initial" in result.stdout
